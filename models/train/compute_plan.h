// Where a training computes and how precisely.
#pragma once

#include <torch/types.h>

#include "absl/status/statusor.h"
#include "models/recipe/recipe.h"

namespace lookbook {

struct ComputePlan {
  torch::Device device = torch::kCPU;
  // The backbone's convolutions run in bfloat16 under autocast. Weights, the pooled feature, heads,
  // embedding, losses and the optimizer stay float32, whose range bfloat16 shares: no loss scaling.
  bool bf16 = false;
};

// What recipe.device and recipe.precision ask for. On a GPU also sets torch's switches for the
// whole process: TF32 in float32 convolutions and matrix products for "tf32" alone, and cuDNN's
// search for the fastest algorithm of each shape.
//
// InvalidArgument: a name that is not known. FailedPrecondition: torch sees no such device; on a
// GPU the program must have opened torch's CUDA half before anything asked torch for it.
absl::StatusOr<ComputePlan> MakeComputePlan(const Recipe& recipe);

}  // namespace lookbook
