// safetensors files.
#include <torch/types.h>

#include "models/train/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors = lookbook::ReadSafetensors(lookbook::AsText(data, size));
  if (tensors.ok()) {
    size_t bytes = 0;
    for (const auto& [name, tensor] : *tensors) bytes += tensor.nbytes();
    lookbook::Require(bytes < size, "tensors take no more than the file holds");
    return 0;
  }
  const absl::StatusCode code = tensors.status().code();
  lookbook::Require(
      code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kDataLoss,
      "a file is refused as damaged or of another type");
  return 0;
}
