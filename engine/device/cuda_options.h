// What can be chosen about CUDA devices.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/device/device_backend.h"

namespace lookbook {

struct CudaOptions {
  // Numbers as CUDA counts devices. Each gets the whole model and index; batches go to whichever is
  // free.
  std::vector<int> devices = {0};
  Precision precision = Precision::kFloat16;
  int streams = 3;     // Batches at once on each device: one is copied while another runs.
  bool graphs = true;  // Record a CUDA graph for every bucket.
  // matmul: cuBLAS and a selection, by LibTorch; filters and ties on the device. faiss: FAISS
  // 1.7.3's flat GPU index.
  enum class IndexEngine { kMatmul, kFaiss };
  IndexEngine index_engine = IndexEngine::kMatmul;
  bool half_index = false;  // Keep the vectors on the device in fp16: half the memory and reading.
  int64_t index_temp_bytes = int64_t{1} << 30;  // An index's scratch memory on each device.
};

}  // namespace lookbook
