// AdamW over a network's parameters in two groups: with and without weight decay.
#pragma once

#include <torch/nn/module.h>
#include <torch/optim/adamw.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// Biases, BatchNorm's scales and every other 1-D parameter are not decayed. Beta 0.9 and 0.999,
// epsilon 1e-8.
std::unique_ptr<torch::optim::AdamW> MakeOptimizer(torch::nn::Module& net,
                                                   const OptimizerRecipe& recipe);

void SetLearningRate(torch::optim::Optimizer& optimizer, double rate);

// The moments and step counts by parameter name, for a checkpoint: "exp_avg.NAME",
// "exp_avg_sq.NAME", "step.NAME". Parameters that were never stepped are left out.
std::map<std::string, torch::Tensor> OptimizerState(const torch::nn::Module& net,
                                                    const torch::optim::AdamW& optimizer);

// DataLoss: a moment of another shape than its parameter, or one of the three is missing.
absl::Status RestoreOptimizerState(const torch::nn::Module& net,
                                   const std::map<std::string, torch::Tensor>& state,
                                   torch::optim::AdamW& optimizer);

}  // namespace lookbook
