#include "models/train/weight_average.h"

#include <torch/utils.h>

#include "models/train/schedule.h"

namespace lookbook {

WeightAverage::WeightAverage(torch::nn::Module& net, double decay) : net_(net), decay_(decay) {
  torch::NoGradGuard no_grad;
  for (const auto& item : net_.named_parameters())
    values_[item.key()] = item.value().detach().clone();
  for (const auto& item : net_.named_buffers()) values_[item.key()] = item.value().detach().clone();
}

void WeightAverage::Update() {
  torch::NoGradGuard no_grad;
  const double decay = AverageDecay(decay_, updates_++);
  for (const auto& item : net_.named_parameters())
    values_.at(item.key()).lerp_(item.value(), 1 - decay);
  for (const auto& item : net_.named_buffers()) values_.at(item.key()).copy_(item.value());
}

void WeightAverage::Swap() {
  torch::NoGradGuard no_grad;
  const auto swap = [this](const std::string& name, torch::Tensor tensor) {
    const torch::Tensor kept = tensor.detach().clone();
    tensor.copy_(values_.at(name));
    values_.at(name).copy_(kept);
  };
  for (const auto& item : net_.named_parameters()) swap(item.key(), item.value());
  for (const auto& item : net_.named_buffers()) swap(item.key(), item.value());
}

}  // namespace lookbook
