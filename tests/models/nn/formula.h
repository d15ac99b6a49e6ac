// Weights and pictures by the formula of scripts/fixtures/formula.py, and its training step.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "models/nn/embedder_net.h"

namespace lookbook {

// float64[count] in [-1, 1).
inline torch::Tensor Noise(int64_t count, double seed) {
  const torch::Tensor k = torch::arange(1, count + 1, torch::kFloat64);
  const torch::Tensor values = torch::sin(12.9898 * k + 78.233 * seed) * 43758.5453;
  return 2 * (values - values.floor()) - 1;
}

// float32[2, 3, 96, 96]
inline torch::Tensor Picture() {
  return Noise(2 * 3 * 96 * 96, 0.5).reshape({2, 3, 96, 96}).to(torch::kFloat32);
}

// Parameters and buffers by name: the network's own tensors.
inline std::map<std::string, torch::Tensor> State(const torch::nn::Module& net) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& item : net.named_parameters()) state[item.key()] = item.value();
  for (const auto& item : net.named_buffers()) state[item.key()] = item.value();
  return state;
}

inline std::map<std::string, torch::Tensor> CopyOfState(const torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> state = State(net);
  for (auto& [name, tensor] : state) tensor = tensor.detach().clone();
  return state;
}

// The value of tensor `name`, the `seed`-th of its network.
inline torch::Tensor FormulaTensor(const std::string& name, at::IntArrayRef sizes, int64_t seed) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  torch::Tensor values = Noise(count, static_cast<double>(seed));
  if (name.find("running_var") != std::string::npos) {
    values = 1 + 0.5 * values * values;
  } else if (sizes.size() >= 2) {
    values = values * std::sqrt(2.0 / static_cast<double>(count / sizes[0]));
  } else if (name.find("weight") != std::string::npos) {
    values = 1 + 0.1 * values;
  } else {
    values = 0.1 * values;
  }
  return values.reshape(sizes).to(torch::kFloat32);
}

// `keys`: [name, shape] in torchvision's order.
inline void FillByFormula(const nlohmann::json& keys, torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  auto state = State(net);
  for (size_t seed = 0; seed < keys.size(); ++seed) {
    const std::string name = keys[seed][0];
    if (name.find("num_batches_tracked") != std::string::npos) continue;
    torch::Tensor tensor = state.at(name);
    tensor.copy_(FormulaTensor(name, tensor.sizes(), static_cast<int64_t>(seed)));
  }
}

// One step of plain SGD on the mean square of the logits, in train mode but without dropout.
// Returns the loss and leaves the network in eval mode.
inline double FormulaStep(EmbedderNetImpl& net, const torch::Tensor& images, double rate) {
  net.train();
  for (const auto& module : net.modules(/*include_self=*/false)) {
    if (module->as<torch::nn::Dropout>() != nullptr) module->eval();
  }
  torch::optim::SGD optimizer(net.parameters(), torch::optim::SGDOptions(rate));
  const torch::Tensor loss = net.forward(images).logits.square().mean();
  loss.backward();
  optimizer.step();
  net.eval();
  return loss.item<double>();
}

}  // namespace lookbook
