#include "models/train/loss_heads.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>

namespace lookbook {

LossHeadsImpl::LossHeadsImpl(const StageRecipe& stage, int feature_dim) {
  for (const LossRecipe& loss : stage.losses) {
    if (loss.kind() != LossKind::kSelfSupervised) continue;
    if (loss.name == "rotation") {
      rotation_ = register_module("rotation", torch::nn::Linear(feature_dim, 4));
    } else if (!projector_) {
      const SelfSupervisedRecipe& shape = loss.self_supervised;
      projector_ = register_module(
          "projector",
          Chain(torch::nn::Linear(torch::nn::LinearOptions(feature_dim, shape.hidden).bias(false)),
                torch::nn::BatchNorm1d(shape.hidden), torch::nn::ReLU(),
                torch::nn::Linear(shape.hidden, shape.dim)));
    }
  }
}

}  // namespace lookbook
