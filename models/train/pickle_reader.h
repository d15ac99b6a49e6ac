// The few opcodes of Python's pickle that a saved state dict consists of.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

using NamedTensors = std::map<std::string, torch::Tensor>;

// What a pickle refers to outside itself.
struct PickledStorage {
  c10::ScalarType type = c10::ScalarType::Float;
  std::string key;
  int64_t elements = 0;
};
// A one-dimensional tensor of that type and length, the whole of its memory.
using StorageReader = std::function<absl::StatusOr<torch::Tensor>(const PickledStorage&)>;

// The tensors of a pickled dict of names to tensors (torch.save of a state dict), or of our own
// {"text": …, "tensors": dict}. torch::jit::Unpickler is of no use here: it replaces every
// OrderedDict by None.
//
// Nothing is looked up or called. The names that a pickle may hold are collections.OrderedDict,
// torch._utils._rebuild_tensor_v2 and _rebuild_parameter, torch.jit._pickle.restore_type_tag, and
// torch's Float, Half, BFloat16, Double, Long, Int and BoolStorage. Protocols up to 5.
//
// InvalidArgument: another name, which the message tells, or something else than tensors. DataLoss:
// no well-formed pickle, or a tensor that leaves its storage.
absl::StatusOr<NamedTensors> ReadPickledTensors(absl::string_view pickle,
                                                const StorageReader& read_storage);

}  // namespace lookbook
