#include "models/train/compute_plan.h"

#include <ATen/Context.h>
#include <torch/cuda.h>

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::StatusOr<ComputePlan> MakeComputePlan(const Recipe& recipe) {
  if (recipe.device != "cpu" && recipe.device != "cuda") {
    return absl::InvalidArgumentError(
        absl::StrCat("device \"", recipe.device, "\" is neither cpu nor cuda"));
  }
  const bool cuda = recipe.device == "cuda";
  const bool tf32 = recipe.precision == "tf32", bf16 = recipe.precision == "bf16";
  if ((recipe.precision != "fp32" && !tf32 && !bf16) || (tf32 && !cuda)) {
    return absl::InvalidArgumentError(
        absl::StrCat("precision \"", recipe.precision, "\" is not one of ",
                     cuda ? "fp32, tf32, bf16" : "fp32, bf16", " on device ", recipe.device));
  }
  if (!cuda) return ComputePlan{.device = torch::kCPU, .bf16 = bf16};
  if (!torch::cuda::is_available()) {
    return absl::FailedPreconditionError("device \"cuda\": torch sees no GPU in this process");
  }
  at::globalContext().setAllowTF32CuDNN(tf32);
  at::globalContext().setAllowTF32CuBLAS(tf32);
  at::globalContext().setBenchmarkCuDNN(true);
  return ComputePlan{.device = torch::Device(torch::kCUDA, 0), .bf16 = bf16};
}

}  // namespace lookbook
