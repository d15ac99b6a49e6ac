// Every loss of the library under one signature, for the properties that all of them share.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace lookbook {

// The inputs of vectors.json, or what a test made of them. Rows belong together.
struct LossInput {
  torch::Tensor x;      // float[6, 4]: embeddings, one view, or logits.
  torch::Tensor other;  // float[6, 4]: the other view.
  torch::Tensor y;      // 0/1 [6, 8]: labels.
};

// The float64 inputs of vectors.json.
LossInput StandardInput();

struct LossCase {
  std::string name;
  std::function<torch::Tensor(const LossInput&)> loss;
  bool needs_pairs = false;   // 0 where no image shares a label.
  bool scale_free = false;    // The length of the rows of x does not matter.
  bool order_free = true;     // The order of the images does not matter.
  bool true_gradient = true;  // False: a part of the value is a constant for the gradient.
};

std::ostream& operator<<(std::ostream& out, const LossCase& loss);

const std::vector<LossCase>& AllLosses();

}  // namespace lookbook
