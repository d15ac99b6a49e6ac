// An exponential moving average of a network's weights.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <string>

namespace lookbook {

// Parameters are averaged with AverageDecay; buffers (BatchNorm's statistics) are copied. Not
// thread-safe.
class WeightAverage {
 public:
  // Starts at the weights of `net`, which must outlive it. `decay` in [0, 1).
  WeightAverage(torch::nn::Module& net, double decay);

  // Takes the network's weights of this step in.
  void Update();

  // Exchanges the network's weights with the average's: once to evaluate the average, once more to
  // go on training.
  void Swap();

  int64_t updates() const { return updates_; }
  void set_updates(int64_t updates) { updates_ = updates; }
  // By the network's names; for checkpoints. Copy into these tensors to restore.
  std::map<std::string, torch::Tensor>& values() { return values_; }

 private:
  torch::nn::Module& net_;
  const double decay_;
  int64_t updates_ = 0;
  std::map<std::string, torch::Tensor> values_;
};

}  // namespace lookbook
