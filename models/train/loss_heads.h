// Layers that only a loss needs: thrown away with their stage, never exported.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <utility>

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"
#include "models/recipe/recipe.h"
#include "models/train/compute_plan.h"

namespace lookbook {

// "projector": Linear, BatchNorm, ReLU, Linear from the pooled feature to where views are compared
// (Chen et al. 2020, arXiv 2002.05709, section 4.2), one for all view losses of a stage, which have
// its shape. "rotation": Linear to the four quarter turns.
// A stage without self-supervision has neither.
class LossHeadsImpl : public torch::nn::Module {
 public:
  LossHeadsImpl(const StageRecipe& stage, int feature_dim);

  // float32[B, feature_dim] -> float32[B, dim]. REQUIRES: the stage compares views.
  torch::Tensor Project(const torch::Tensor& feature) { return projector_->forward(feature); }
  // float32[B, feature_dim] -> float32[B, 4]. REQUIRES: the stage predicts rotations.
  torch::Tensor Rotations(const torch::Tensor& feature) { return rotation_->forward(feature); }

 private:
  Chain projector_{nullptr};
  torch::nn::Linear rotation_{nullptr};
};
TORCH_MODULE(LossHeads);

// Everything that an optimizer moves: children "net" and "heads".
class TrainedModuleImpl : public torch::nn::Module {
 public:
  // Both are moved to the plan's device.
  TrainedModuleImpl(EmbedderNet network, LossHeads loss_heads, const ComputePlan& plan = {});

  // float32[B, feature_dim] of float32[B, 3, S, S] on the plan's device: net->Features, in the
  // plan's precision.
  torch::Tensor Features(const torch::Tensor& images);
  const ComputePlan& plan() const { return plan_; }

  EmbedderNet net;
  LossHeads heads;

 private:
  const ComputePlan plan_;
};
TORCH_MODULE(TrainedModule);

}  // namespace lookbook
