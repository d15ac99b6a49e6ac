// Layers that only a loss needs: thrown away with their stage, never exported.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <utility>

#include "models/nn/conv_norm.h"
#include "models/nn/embedder_net.h"
#include "models/recipe/recipe.h"

namespace lookbook {

// "projector": Linear, BatchNorm, ReLU, Linear from the pooled feature to where views are compared
// (Chen et al. 2020, arXiv 2002.05709, section 4.2). "rotation": Linear to the four quarter turns.
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
  TrainedModuleImpl(EmbedderNet network, LossHeads loss_heads)
      : net(register_module("net", std::move(network))),
        heads(register_module("heads", std::move(loss_heads))) {}

  EmbedderNet net;
  LossHeads heads;
};
TORCH_MODULE(TrainedModule);

}  // namespace lookbook
