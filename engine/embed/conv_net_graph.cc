#include "engine/embed/conv_net_graph.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lookbook {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The constant at input `at` of `node`, as a T.
template <typename T>
std::optional<T> Constant(const Node* node, size_t at) {
  if (at >= node->inputs().size()) return std::nullopt;
  return torch::jit::constant_as<T>(node->input(at));
}

// Two numbers given as a list of one or two.
bool ReadPair(const Node* node, size_t at, int64_t (&pair)[2]) {
  const auto value = torch::jit::toIValue(node->input(at));
  if (!value || !value->isIntList()) return false;
  const std::vector<int64_t> list = value->toIntVector();
  if (list.empty() || list.size() > 2) return false;
  pair[0] = list.front();
  pair[1] = list.back();
  return true;
}

std::vector<float> ToVector(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.contiguous();
  const float* values = plain.const_data_ptr<float>();
  return {values, values + plain.numel()};
}

bool IsFloat4d(const std::optional<at::Tensor>& tensor) {
  return tensor && tensor->scalar_type() == at::kFloat && tensor->dim() == 4 &&
         tensor->device().is_cpu() && tensor->layout() == at::kStrided;
}

// Follows the graph's nodes from the first on, as far as it understands them.
class Reader {
 public:
  explicit Reader(const Value* images) { numbers_[images] = 0; }

  // True: `node` is part of the network now.
  bool Take(const Node* node) {
    if (node->outputs().size() != 1) return false;
    const std::string kind = node->kind().toQualString();
    if (kind == "aten::_convolution") return TakeConvolution(node, /*has_transposed=*/true);
    if (kind == "aten::conv2d") return TakeConvolution(node, /*has_transposed=*/false);
    if (kind == "aten::relu" || kind == "aten::relu_") return TakeBounds(node, 0, kInfinity);
    if (kind == "aten::relu6" || kind == "aten::relu6_") return TakeBounds(node, 0, 6);
    if (kind == "aten::hardtanh" || kind == "aten::hardtanh_") return TakeHardtanh(node);
    if (kind == "aten::add" || kind == "aten::add_") return TakeSum(node);
    if (kind == "aten::max_pool2d") return TakePool(node);
    return false;
  }

  // nullopt: not part of the network.
  std::optional<int> NumberOf(const Value* value) const {
    const auto found = numbers_.find(value);
    return found == numbers_.end() ? std::nullopt : std::optional<int>(found->second);
  }
  std::vector<ConvStep> steps() && { return std::move(steps_); }
  int last() const { return static_cast<int>(steps_.size()); }

 private:
  std::optional<int> InputNumber(const Node* node, size_t at) const {
    return NumberOf(node->input(at));
  }

  void Add(const Node* node, ConvStep step) {
    steps_.push_back(std::move(step));
    numbers_[node->output()] = last();
  }

  bool TakeConvolution(const Node* node, bool has_transposed) {
    const auto input = InputNumber(node, 0);
    const auto weight = Constant<at::Tensor>(node, 1);
    ConvStep step;
    if (!input || !IsFloat4d(weight) || !ReadPair(node, 3, step.stride) ||
        !ReadPair(node, 4, step.padding) || !ReadPair(node, 5, step.dilation))
      return false;
    const auto groups = Constant<int64_t>(node, has_transposed ? 8 : 6);
    if (!groups || (has_transposed && Constant<bool>(node, 6).value_or(true))) return false;
    step.input = *input;
    step.groups = *groups;
    step.out_channels = weight->size(0);
    for (const int axis : {0, 1}) step.kernel[axis] = weight->size(2 + axis);
    step.weight = ToVector(*weight);
    const auto bias = torch::jit::toIValue(node->input(2));
    if (!bias) return false;
    step.bias = bias->isTensor() ? ToVector(bias->toTensor())
                                 : std::vector<float>(static_cast<size_t>(step.out_channels));
    Add(node, std::move(step));
    return true;
  }

  bool TakePool(const Node* node) {
    const auto input = InputNumber(node, 0);
    ConvStep step{.kind = ConvStep::Kind::kMaxPool};
    if (!input || !ReadPair(node, 1, step.kernel) || !ReadPair(node, 2, step.stride) ||
        !ReadPair(node, 3, step.padding) || !ReadPair(node, 4, step.dilation) ||
        Constant<bool>(node, 5).value_or(true))
      return false;
    step.input = *input;
    Add(node, std::move(step));
    return true;
  }

  bool TakeHardtanh(const Node* node) {
    const auto low = torch::jit::toIValue(node->input(1)),
               high = torch::jit::toIValue(node->input(2));
    return low && high && low->isScalar() && high->isScalar() &&
           TakeBounds(node, low->toScalar().to<float>(), high->toScalar().to<float>());
  }

  // The step that made input `at`, when nothing but `node` reads it and it has no bounds yet.
  ConvStep* OwnStep(const Node* node, size_t at) {
    const auto number = InputNumber(node, at);
    if (!number || *number == 0 || node->input(at)->uses().size() != 1) return nullptr;
    ConvStep& step = steps_[*number - 1];
    const bool open = step.kind == ConvStep::Kind::kConvolution && step.low == -kInfinity &&
                      step.high == kInfinity;
    return open ? &step : nullptr;
  }

  bool TakeBounds(const Node* node, float low, float high) {
    ConvStep* step = OwnStep(node, 0);
    if (step == nullptr) return false;
    step->low = low;
    step->high = high;
    numbers_[node->output()] = *InputNumber(node, 0);
    return true;
  }

  // The later of two values gets the earlier one added where it is made.
  bool TakeSum(const Node* node) {
    const auto a = InputNumber(node, 0), b = InputNumber(node, 1);
    const auto alpha =
        node->inputs().size() > 2 ? torch::jit::toIValue(node->input(2)) : std::nullopt;
    if (!a || !b || *a == *b || !alpha || !alpha->isScalar() || alpha->toScalar().to<double>() != 1)
      return false;
    const size_t later = *a > *b ? 0 : 1;
    ConvStep* step = OwnStep(node, later);
    const int sum = std::max(*a, *b), other = std::min(*a, *b);
    if (step == nullptr || step->other != ConvStep::kNothing || other == 0 ||
        IsReadAgain(node, node->input(1 - later), other, sum))
      return false;
    step->other = other;
    numbers_[node->output()] = sum;
    return true;
  }

  // Whether value `number` is read by the step that makes `sum`, by one after it, or after `node`.
  bool IsReadAgain(const Node* node, const Value* value, int number, int sum) const {
    for (size_t at = static_cast<size_t>(sum) - 1; at < steps_.size(); ++at) {
      if (steps_[at].input == number || steps_[at].other == number) return true;
    }
    return std::any_of(value->uses().begin(), value->uses().end(), [&](const auto& use) {
      return use.user != node && use.user->isAfter(node);
    });
  }

  std::vector<ConvStep> steps_;
  std::unordered_map<const Value*, int> numbers_;
};

}  // namespace

std::optional<ConvNetSpec> TakeConvNet(torch::jit::Module* module, int64_t image_size) {
  const std::shared_ptr<torch::jit::Graph> graph = module->get_method("forward").graph();
  if (graph->inputs().size() != 2) return std::nullopt;
  Value* const images = graph->inputs()[1];
  Reader reader(images);
  std::vector<Value*> crossing;  // Values of the network that the rest reads.
  const auto crosses = [&](Value* value) {
    if (reader.NumberOf(value) && std::count(crossing.begin(), crossing.end(), value) == 0)
      crossing.push_back(value);
  };
  for (Node* node : graph->nodes()) {
    if (!node->blocks().empty()) return std::nullopt;
    if (reader.Take(node)) continue;
    for (Value* input : node->inputs()) crosses(input);
  }
  for (Value* output : graph->outputs()) crosses(output);
  if (crossing.size() != 1 || crossing.front() == images) return std::nullopt;
  Value* const features = crossing.front();
  if (*reader.NumberOf(features) != reader.last()) return std::nullopt;
  images->setType(c10::TensorType::get());
  // The network's own nodes read the images still; they go with what they make.
  features->replaceAllUsesWith(images);
  torch::jit::EliminateDeadCode(graph);
  return ConvNetSpec{.channels = 3, .image_size = image_size, .steps = std::move(reader).steps()};
}

}  // namespace lookbook
