// Pickled state dicts. Storages are made up, as long as the pickle says.
#include <torch/types.h>

#include "models/train/pickle_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

constexpr int64_t kMostElements = 4096;

absl::StatusOr<torch::Tensor> MakeStorage(const PickledStorage& storage) {
  if (storage.elements > kMostElements) return absl::DataLossError("a storage that is too large");
  return torch::zeros({storage.elements}, storage.type);
}

void RequireWithin(const torch::Tensor& tensor) {
  int64_t last = tensor.storage_offset();
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (tensor.size(i) == 0) return;
    last += (tensor.size(i) - 1) * tensor.stride(i);
  }
  Require(last >= 0 && last * static_cast<int64_t>(tensor.element_size()) <
                           static_cast<int64_t>(tensor.storage().nbytes()),
          "a tensor stays within its storage");
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors =
      lookbook::ReadPickledTensors(lookbook::AsText(data, size), &lookbook::MakeStorage);
  if (tensors.ok()) {
    for (const auto& [name, tensor] : *tensors) lookbook::RequireWithin(tensor);
    return 0;
  }
  const absl::StatusCode code = tensors.status().code();
  lookbook::Require(
      code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kDataLoss,
      "a pickle is refused as damaged or as no state dict");
  return 0;
}
