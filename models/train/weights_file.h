// The tensors of a weights file, whatever program wrote it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "models/train/pickle_reader.h"

namespace lookbook {

// Told apart by content: a torch.save archive or our own weights.pt, safetensors, TorchScript. No
// code of a state dict or of safetensors is run; of TorchScript LibTorch compiles the code, so such
// a file must come from a known place. Errors as LoadInitialWeights, less FailedPrecondition; every
// message begins with `path`.
absl::StatusOr<NamedTensors> ReadWeightsFile(const std::string& path);

}  // namespace lookbook
