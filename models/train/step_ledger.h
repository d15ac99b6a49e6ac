// What steps measured on a device, read many at a time.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lookbook {

// One step's figures, still on the device.
struct StepEntry {
  int64_t step = 0;  // Of the run, from 1.
  double rate = 0;   // The learning rate.
  torch::Tensor loss;
  torch::Tensor gradient_norm;
  std::map<std::string, torch::Tensor> terms;
};

// The same, read.
struct StepFigures {
  int64_t step = 0;
  double rate = 0;
  double loss = 0;
  double gradient_norm = 0;
  std::map<std::string, double> terms;
};

// Reading a number from a GPU waits for all that is queued before it, and the GPU then waits for
// the next step to be queued. So figures are kept there and read together. Not thread-safe.
class StepLedger {
 public:
  // Full with `capacity` entries. REQUIRES: capacity >= 1.
  explicit StepLedger(int64_t capacity) : capacity_(capacity) {}

  // Every tensor is a scalar of the same device; none is kept, but a copy of its value.
  void Add(const StepEntry& entry);
  bool empty() const { return kept_.empty(); }
  bool full() const { return static_cast<int64_t>(kept_.size()) >= capacity_; }
  // Reads what was added since the last call, oldest first, with one copy from the device.
  std::vector<StepFigures> Take();

 private:
  struct Kept {
    StepFigures figures;  // Without values.
    std::vector<std::string> names;
    torch::Tensor values;  // Loss, norm, terms.
  };

  const int64_t capacity_;
  std::vector<Kept> kept_;
};

}  // namespace lookbook
