// weights.pt: the result of a training, with what is needed to rebuild its network.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

absl::Status SaveWeights(const std::string& path, const NetworkSpec& spec, const EmbedderNet& net);

struct LoadedNetwork {
  NetworkSpec spec;
  EmbedderNet net;  // In eval mode.
};
// NotFound: no such file. DataLoss: damaged. FailedPrecondition: tensors that do not fit the stated
// network.
absl::StatusOr<LoadedNetwork> LoadWeights(const std::string& path);

// Numbers that training moves: all parameters, without BatchNorm's statistics.
int64_t CountParameters(const EmbedderNet& net);

}  // namespace lookbook
