// The optimizer of a stage: parameter groups by block and by whether they are decayed.
#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "models/recipe/recipe.h"
#include "models/train/loss_heads.h"

namespace lookbook {

// An optimizer and what each of its groups takes of the learning rate.
struct StageOptimizer {
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  std::vector<double> rate_factors;  // One for each param_group.

  void SetLearningRate(double rate);
  // A step on a GPU: fused (fused_adam.h) for Adam and AdamW, which leave everything as it is where
  // `skip`, float32[] on the device, is 1. SGD steps in any case.
  void StepUnless(const torch::Tensor& skip);
};

// Parameters that take a gradient, under AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), Adam
// (beta 0.9 and 0.999, epsilon 1e-8) or SGD. Biases, BatchNorm's scales and every other 1-D
// parameter are not decayed. The heads have rate factor 1, the backbone's last block
// backbone_lr_factor, and each block towards the input layer_decay times that of the next.
// REQUIRES: at least one parameter takes a gradient.
StageOptimizer MakeOptimizer(const TrainedModuleImpl& module, const OptimizerRecipe& recipe);

// What the optimizer remembers of each parameter, for a checkpoint: "exp_avg.NAME",
// "exp_avg_sq.NAME", "step.NAME", or "momentum.NAME". Parameters that were never stepped are left
// out.
std::map<std::string, torch::Tensor> OptimizerState(const torch::nn::Module& module,
                                                    const torch::optim::Optimizer& optimizer);

// Replaces all that the optimizer remembers. DataLoss: a moment of another shape than its
// parameter, or one that is missing.
absl::Status RestoreOptimizerState(const torch::nn::Module& module,
                                   const std::map<std::string, torch::Tensor>& state,
                                   torch::optim::Optimizer& optimizer);

}  // namespace lookbook
