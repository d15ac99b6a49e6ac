#include "models/train/weight_average.h"

#include <torch/torch.h>

#include <vector>

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
  // Lists, so that a GPU does them with few kernels; on the CPU they are done one by one.
  std::vector<torch::Tensor> averages, now, copies, buffers;
  for (const auto& item : net_.named_parameters()) {
    averages.push_back(values_.at(item.key()));
    now.push_back(item.value());
  }
  for (const auto& item : net_.named_buffers()) {
    copies.push_back(values_.at(item.key()));
    buffers.push_back(item.value());
  }
  at::_foreach_lerp_(averages, now, 1 - decay);
  if (!copies.empty()) at::_foreach_copy_(copies, buffers);
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
