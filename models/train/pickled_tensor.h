// torch._utils._rebuild_tensor_v2.
#pragma once

#include <torch/types.h>

#include <vector>

#include "absl/status/statusor.h"
#include "models/train/pickle_value.h"

namespace lookbook {

// From (storage, offset, sizes, strides, requires_grad, hooks[, metadata]): a view of the storage.
// DataLoss: other arguments, more than eight dimensions, or a view that leaves its storage or has
// more elements than it.
absl::StatusOr<torch::Tensor> MakePickledTensor(const std::vector<PickleValue*>& arguments,
                                                const StorageReader& read_storage);

}  // namespace lookbook
