// Stands in for cuBLAS's header where there is no CUDA toolkit: the one type of it that FAISS's GPU headers name, so
// that what includes them compiles. Nothing links against it.
#pragma once

using cublasHandle_t = struct cublasContext*;
