#include "models/export/torchscript_export.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>
#include <unistd.h>

#include <sstream>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// The graph's output, and what the eager module is compared by.
std::vector<torch::Tensor> Outputs(EmbedderNet& net, const torch::Tensor& images) {
  const NetworkOutput out = net->forward(images);
  std::vector<torch::Tensor> outputs = {out.embedding,
                                        torch::sigmoid(out.logits.to(torch::kFloat32))};
  if (out.attribute_logits.defined()) {
    outputs.push_back(torch::sigmoid(out.attribute_logits.to(torch::kFloat32)));
  }
  return outputs;
}

c10::IValue ToTuple(std::vector<torch::Tensor> tensors) {
  std::vector<c10::IValue> values(tensors.begin(), tensors.end());
  return c10::ivalue::Tuple::create(std::move(values));
}

// A jit::Module with the same tensors under the same names. Every class needs a name of its own
// that is legal in TorchScript source; the C++ type's name contains "::" and makes a file that
// cannot be loaded.
torch::jit::Module Mirror(const torch::nn::Module& module,
                          const std::shared_ptr<torch::jit::CompilationUnit>& unit, int* counter) {
  const c10::QualifiedName name(absl::StrCat("__torch__.lookbook.M", (*counter)++));
  torch::jit::Module mirror(name, unit);
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    mirror.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    mirror.register_buffer(item.key(), item.value());
  }
  for (const auto& item : module.named_children()) {
    mirror.register_module(item.key(), Mirror(*item.value(), unit, counter));
  }
  return mirror;
}

torch::jit::Module Trace(EmbedderNet& net, int image_size) {
  auto unit = std::make_shared<torch::jit::CompilationUnit>();
  int counter = 0;
  torch::jit::Module module = Mirror(*net, unit, &counter);
  module.register_attribute("training", c10::BoolType::get(), false);
  auto run = [&net](torch::jit::Stack inputs) -> torch::jit::Stack {
    return {ToTuple(Outputs(net, inputs.at(0).toTensor()))};
  };
  auto state =
      torch::jit::tracer::trace({torch::rand({2, 3, image_size, image_size})}, run,
                                [](const torch::autograd::Variable&) { return ""; },
                                /*strict=*/true, /*force_outplace=*/false, &module, {"images"})
          .first;
  auto* function =
      unit->create_function(c10::QualifiedName(*module.type()->name(), "forward"), state->graph);
  module.type()->addMethod(function);
  return module;
}

// The graph must follow `.to(device)`: no tensor and no device may be written into it.
absl::Status CheckConstants(const torch::jit::Block* block) {
  for (const torch::jit::Node* node : block->nodes()) {
    for (const torch::jit::Block* inner : node->blocks()) LB_RETURN_IF_ERROR(CheckConstants(inner));
    if (node->kind() != c10::prim::Constant ||
        node->output()->type()->kind() == c10::TypeKind::NoneType) {
      continue;
    }
    const c10::TypeKind kind = node->output()->type()->kind();
    if (kind == c10::TypeKind::TensorType || kind == c10::TypeKind::DeviceObjType) {
      std::ostringstream text;
      text << *node;
      return absl::InternalError(absl::StrCat("export: the graph holds a constant: ", text.str()));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEqual(EmbedderNet& net, torch::jit::Module& loaded, int image_size) {
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  for (int batch : {1, 3, 8}) {
    const torch::Tensor images = torch::randn({batch, 3, image_size, image_size});
    const std::vector<torch::Tensor> expected = Outputs(net, images);
    const auto actual = loaded.forward({images}).toTuple()->elements();
    if (actual.size() != expected.size()) {
      return absl::InternalError(
          absl::StrCat("export: ", actual.size(), " outputs instead of ", expected.size()));
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!torch::equal(actual[i].toTensor(), expected[i])) {
        return absl::InternalError(absl::StrCat(
            "export: output ", i, " at batch ", batch, " differs from the eager module by up to ",
            (actual[i].toTensor() - expected[i]).abs().max().item<float>()));
      }
    }
  }
  return absl::OkStatus();
}

// Contiguous float32 on the CPU in eval mode: what the file holds does not depend on how the net
// was trained.
void Settle(EmbedderNet& net) {
  net->to(torch::kCPU);
  net->eval();
  for (torch::Tensor& tensor : net->parameters()) tensor.set_data(tensor.contiguous());
  for (torch::Tensor& tensor : net->buffers()) tensor.set_data(tensor.contiguous());
}

absl::Status Export(EmbedderNet& net, int image_size, const std::string& path) {
  torch::NoGradGuard no_grad;
  Settle(net);
  torch::jit::Module module = Trace(net, image_size);
  LB_RETURN_IF_ERROR(CheckConstants(module.get_method("forward").graph()->block()));
  std::ostringstream bytes;
  module.save(bytes);
  // Only a file that was read back and compared gets the name: what stood there stays until then.
  const std::string aside = absl::StrCat(path, ".unverified.", ::getpid());
  absl::Cleanup remove = [&aside] { ::unlink(aside.c_str()); };
  LB_RETURN_IF_ERROR(WriteFile(aside, bytes.str()));
  torch::jit::Module loaded = torch::jit::load(aside);
  loaded.eval();
  LB_RETURN_IF_ERROR(CheckEqual(net, loaded, image_size));
  return RenameDurably(aside, path);
}

}  // namespace

absl::Status ExportTorchScript(EmbedderNet net, int image_size, const std::string& path) {
  return CatchToStatus(absl::StrCat("export ", path),
                       [&] { return Export(net, image_size, path); });
}

}  // namespace lookbook
