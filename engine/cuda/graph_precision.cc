#include "engine/cuda/graph_precision.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/shape_analysis.h>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// What an operation does about 16-bit inputs.
enum class Role {
  kConvolution,  // Makes its inputs 16-bit.
  kCarries,      // Stays in 16 bits when its first input is.
  kSum,          // Stays in 16 bits when both inputs are, or when it works in place on one that is.
  kShape,        // Looks at sizes alone.
  kOther,        // Wants float32.
};

Role RoleOf(const Node& node) {
  static const auto* const carriers = new std::unordered_set<std::string>{
      "aten::relu",       "aten::relu_",      "aten::relu6",      "aten::relu6_",
      "aten::hardtanh",   "aten::hardtanh_",  "aten::clamp",      "aten::clamp_",
      "aten::dropout",    "aten::max_pool2d", "aten::avg_pool2d", "aten::adaptive_avg_pool2d",
      "aten::batch_norm", "aten::contiguous"};
  const std::string kind = node.kind().toQualString();
  if (kind == "aten::conv2d" || kind == "aten::_convolution") return Role::kConvolution;
  if (kind == "aten::add" || kind == "aten::add_") return Role::kSum;
  if (kind == "aten::size" || kind == "aten::dim") return Role::kShape;
  return carriers->count(kind) != 0 ? Role::kCarries : Role::kOther;
}

class Lowering {
 public:
  Lowering(Graph& graph, at::ScalarType type) : graph_(graph), type_(type) {}

  void Run() {
    low_.insert(graph_.inputs().at(1));  // Of self and the images.
    const std::vector<Node*> nodes(graph_.nodes().begin(), graph_.nodes().end());
    for (Node* node : nodes) Visit(*node);
    RaiseInputs(*graph_.return_node());
  }

 private:
  bool IsLow(Value* value) const { return low_.count(value) != 0; }

  void Visit(Node& node) {
    switch (RoleOf(node)) {
      case Role::kConvolution:
        for (size_t i = 0; i < 3; ++i) LowerInput(node, i);
        MarkLow(node);
        return;
      case Role::kCarries:
        if (IsLow(node.input(0))) MarkLow(node);
        return;
      case Role::kSum:
        return VisitSum(node);
      case Role::kShape:
        return;
      case Role::kOther:
        RaiseInputs(node);
    }
  }

  void VisitSum(Node& node) {
    const bool in_place = std::string(node.kind().toQualString()) == "aten::add_";
    if (!IsLow(node.input(0)) || !(in_place || IsLow(node.input(1)))) return RaiseInputs(node);
    if (!IsLow(node.input(1))) LowerInput(node, 1);
    MarkLow(node);
  }

  void MarkLow(Node& node) { low_.insert(node.output()); }

  // A weight or bias that is a constant is converted now; what is computed, whenever it is.
  void LowerInput(Node& node, size_t at) {
    Value* value = node.input(at);
    if (IsLow(value) || !value->type()->isSubtypeOf(*c10::TensorType::get())) return;
    const torch::jit::WithInsertPoint here(&node);
    const std::optional<c10::IValue> constant = torch::jit::toIValue(value);
    if (!constant.has_value()) {
      node.replaceInput(at, Cast(value, type_));
      return;
    }
    if (!constant->isTensor()) return;  // No bias.
    at::Tensor tensor = constant->toTensor().to(type_);
    if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
    node.replaceInput(at, graph_.insertConstant(tensor));
  }

  void RaiseInputs(Node& node) {
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (!IsLow(node.input(i))) continue;
      const torch::jit::WithInsertPoint here(&node);
      node.replaceInput(i, Cast(node.input(i), at::kFloat));
    }
  }

  Value* Cast(Value* value, at::ScalarType type) {
    return graph_.insert(c10::aten::to, {value, static_cast<int64_t>(type), /*non_blocking=*/false,
                                         /*copy=*/false});
  }

  Graph& graph_;
  const at::ScalarType type_;
  std::unordered_set<Value*> low_;
};

std::shared_ptr<Graph> GraphOf(const torch::jit::Module& module) {
  return module.get_method("forward").graph();
}

}  // namespace

absl::Status LowerPrecision(torch::jit::Module* module, at::ScalarType type) {
  const std::shared_ptr<Graph> graph = GraphOf(*module);
  for (const Node* node : graph->nodes()) {
    if (!node->blocks().empty()) {
      return absl::UnimplementedError(
          absl::StrCat("model: ", node->kind().toQualString(), " cannot run in 16 bits"));
    }
  }
  torch::jit::EraseShapeInformation(graph);  // It says "Float" of what is so no more.
  Lowering(*graph, type).Run();
  torch::jit::EliminateDeadCode(graph);
  return absl::OkStatus();
}

void MoveConstants(torch::jit::Module* module, at::Device device) {
  for (Node* node : GraphOf(*module)->nodes()) {
    if (node->kind() != c10::prim::Constant || !node->hasAttribute(c10::attr::value)) continue;
    if (node->kindOf(c10::attr::value) != torch::jit::AttributeKind::t) continue;
    node->t_(c10::attr::value, node->t(c10::attr::value).to(device));
  }
}

}  // namespace lookbook
