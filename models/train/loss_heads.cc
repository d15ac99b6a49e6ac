#include "models/train/loss_heads.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>

#include <utility>

#include "models/train/autocast_scope.h"

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

TrainedModuleImpl::TrainedModuleImpl(EmbedderNet network, LossHeads loss_heads,
                                     const ComputePlan& plan)
    : net(register_module("net", std::move(network))),
      heads(register_module("heads", std::move(loss_heads))),
      plan_(plan) {
  if (!plan_.device.is_cpu()) to(plan_.device);
}

torch::Tensor TrainedModuleImpl::Features(const torch::Tensor& images) {
  const torch::Tensor pixels = images.contiguous(torch::MemoryFormat::ChannelsLast);
  torch::Tensor feature;
  {
    const AutocastScope scope(plan_.device.type(), plan_.bf16);
    feature = net->Features(pixels);
  }
  return feature.to(torch::kFloat32);
}

}  // namespace lookbook
