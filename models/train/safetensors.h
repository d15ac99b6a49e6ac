// The safetensors format: an eight-byte length, a JSON header, the tensors' bytes.
// https://huggingface.co/docs/safetensors
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/train/pickle_reader.h"

namespace lookbook {

// Whether `bytes` begin as a safetensors file does.
bool IsSafetensors(absl::string_view bytes);

// Copies of the tensors: F64, F32, F16, BF16, I64, I32 and BOOL. DataLoss: a header that is cut off
// or no JSON of the format, a tensor whose bytes do not have its length, or bytes that belong to
// two tensors or to none. InvalidArgument: another type. The format has no checksum: a changed
// value goes unnoticed here.
absl::StatusOr<NamedTensors> ReadSafetensors(absl::string_view bytes);

}  // namespace lookbook
