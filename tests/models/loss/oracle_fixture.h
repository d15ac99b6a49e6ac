// tests/models/oracles/vectors.json, with a record of which of its values were asserted.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace lookbook {

// A number or a nested array of numbers as float64.
inline torch::Tensor JsonTensor(const nlohmann::json& value) {
  if (value.is_number()) return torch::tensor(value.get<double>(), torch::kFloat64);
  std::vector<torch::Tensor> rows;
  for (const auto& row : value) rows.push_back(JsonTensor(row));
  return torch::stack(rows);
}

// Places in the file are JSON pointers: "/bce/cases/plain/loss".
class Oracle {
 public:
  Oracle() {
    std::ifstream in("tests/models/oracles/vectors.json");
    if (!in) throw std::runtime_error("no vectors.json; run from the repository root");
    json_ = nlohmann::json::parse(in);
  }

  // An input of a check, float64.
  torch::Tensor Tensor(const std::string& place) { return JsonTensor(At(place)); }
  double Number(const std::string& place) { return At(place).get<double>(); }

  // |actual - expected| <= tolerance max(1, |expected|), and the same shape.
  void Expect(const std::string& place, const torch::Tensor& actual, double tolerance = 1e-9) {
    const torch::Tensor expected = Tensor(place);
    ASSERT_EQ(actual.sizes(), expected.sizes()) << place;
    const torch::Tensor off =
        (actual.detach().to(torch::kFloat64) - expected).abs() / expected.abs().clamp_min(1);
    EXPECT_LE(off.max().item<double>(), tolerance) << place << "\n" << actual << "\n" << expected;
  }
  void Expect(const std::string& place, double actual) {
    Expect(place, torch::tensor(actual, torch::kFloat64));
  }

  const nlohmann::json& json() const { return json_; }
  // Places that were read or compared.
  const std::set<std::string>& used() const { return used_; }

 private:
  const nlohmann::json& At(const std::string& place) {
    used_.insert(place);
    return json_.at(nlohmann::json::json_pointer(place));
  }

  nlohmann::json json_;
  std::set<std::string> used_;
};

// A loss as a function of one float[B, D] input.
using LossFunction = std::function<torch::Tensor(const torch::Tensor&)>;

// d loss / d input at a copy of `input`.
inline torch::Tensor GradientAt(const LossFunction& loss, const torch::Tensor& input) {
  const torch::Tensor x = input.detach().clone().requires_grad_();
  loss(x).backward();
  return x.grad();
}

// The value at `value` and the gradient at `gradient`: in float64 to 1e-9, in float32 to 1e-5.
inline void ExpectLoss(Oracle& oracle, const torch::Tensor& input, const std::string& value,
                       const std::string& gradient, const LossFunction& loss) {
  oracle.Expect(value, loss(input));
  oracle.Expect(gradient, GradientAt(loss, input));
  const torch::Tensor narrow = input.to(torch::kFloat32);
  const torch::Tensor narrow_loss = loss(narrow);
  EXPECT_EQ(narrow_loss.scalar_type(), torch::kFloat32) << value;
  oracle.Expect(value, narrow_loss, 1e-5);
  oracle.Expect(gradient, GradientAt(loss, narrow), 1e-5);
}

}  // namespace lookbook
