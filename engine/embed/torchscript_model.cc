#include "engine/embed/torchscript_model.h"

#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/logging.h"
#include "base/status_macros.h"
#include "engine/embed/conv_net_graph.h"
#include "engine/embed/torch_error.h"

namespace lookbook {
namespace {

// Lets torch read memory in place. Unlike torch's own adapter it stays inside: offsets come from
// the file.
class BoundedReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BoundedReader(absl::string_view bytes) : bytes_(bytes) {}

  size_t size() const override { return bytes_.size(); }
  size_t read(uint64_t offset, void* buffer, size_t count, const char*) const override {
    if (offset >= bytes_.size()) return 0;
    count = std::min(count, bytes_.size() - static_cast<size_t>(offset));
    std::memcpy(buffer, bytes_.data() + offset, count);
    return count;
  }

 private:
  const absl::string_view bytes_;
};

absl::Status CheckSignature(const torch::jit::Module& module) {
  const auto forward = module.find_method("forward");
  if (!forward.has_value()) return absl::InvalidArgumentError("model: has no forward()");
  const size_t arguments = forward->function().getSchema().arguments().size();
  if (arguments != 2) {  // self and the images.
    return absl::InvalidArgumentError(
        absl::StrCat("model: forward() takes ", arguments - 1, " arguments, not the images alone"));
  }
  return absl::OkStatus();
}

// `name` is what error messages call the tensor; `width` its promised number of columns.
absl::StatusOr<std::vector<float>> ReadRows(const at::IValue& value, absl::string_view name,
                                            int64_t n, int64_t bucket, int64_t width) {
  if (!value.isTensor()) return absl::InternalError(absl::StrCat("model: ", name, " is no tensor"));
  const at::Tensor tensor = value.toTensor();
  if (tensor.scalar_type() != at::kFloat) {
    return absl::InternalError(
        absl::StrCat("model: ", name, " is ", c10::toString(tensor.scalar_type()), ", not Float"));
  }
  if (tensor.dim() != 2 || tensor.size(0) != bucket || tensor.size(1) != width) {
    return absl::InternalError(absl::StrCat("model: ", name, " has shape [",
                                            absl::StrJoin(tensor.sizes(), ", "), "] where [",
                                            bucket, ", ", width, "] is promised"));
  }
  const at::Tensor rows = tensor.narrow(0, 0, n).contiguous();
  const float* data = rows.const_data_ptr<float>();
  std::vector<float> values(data, data + n * width);
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    const int64_t at = bad - values.begin();
    return absl::InternalError(absl::StrCat("model: ", name, " of image ", at / width,
                                            " is not finite at ", at % width, " (", *bad, ")"));
  }
  return values;
}

absl::StatusOr<torch::jit::Module> Load(absl::string_view bytes) {
  torch::jit::Module module = torch::jit::load(std::make_unique<BoundedReader>(bytes), at::kCPU);
  LB_RETURN_IF_ERROR(CheckSignature(module));
  module.eval();
  return module;
}

// Weights become constants of the graph, and batch norms parts of the convolutions before them.
torch::jit::Module Frozen(const torch::jit::Module& module) { return torch::jit::freeze(module); }

// REQUIRES: frozen by hand: optimize_for_inference() takes a module without a `training` flag,
// which is what a C++ exporter writes, for frozen already, and then does nothing. It is worth a
// factor of 2 to 4.
torch::jit::Module Optimized(torch::jit::Module module) {
  return torch::jit::optimize_for_inference(module);
}

// Makes split->convolutions of what split->rest begins with; null where it begins otherwise. On
// failure split->rest is not to be used.
absl::Status TakeConvolutions(int64_t image_size, const std::vector<int>& batch_sizes,
                              SplitModule* split) {
  if (!ConvNet::kAvailable) return absl::OkStatus();
  std::optional<ConvNetSpec> spec = TakeConvNet(&split->rest, image_size);
  if (!spec) return absl::OkStatus();
  LB_ASSIGN_OR_RETURN(split->convolutions, ConvNet::Create(*std::move(spec), batch_sizes));
  return absl::OkStatus();
}

// What goes wrong while a model is loaded is the file's fault.
template <typename Fn>
std::invoke_result_t<Fn> Loading(Fn load) {
  auto loaded = CatchTorchToStatus("model", load);
  if (absl::IsInternal(loaded.status()))
    return absl::InvalidArgumentError(loaded.status().message());
  return loaded;
}

}  // namespace

absl::StatusOr<torch::jit::Module> LoadScriptModule(absl::string_view bytes, bool optimize) {
  return Loading([&]() -> absl::StatusOr<torch::jit::Module> {
    LB_ASSIGN_OR_RETURN(torch::jit::Module module, Load(bytes));
    return optimize ? Optimized(Frozen(module)) : module;
  });
}

absl::StatusOr<SplitModule> LoadSplitModule(absl::string_view bytes, int64_t image_size,
                                            const std::vector<int>& batch_sizes) {
  return Loading([&]() -> absl::StatusOr<SplitModule> {
    LB_ASSIGN_OR_RETURN(const torch::jit::Module module, Load(bytes));
    SplitModule split{.rest = Frozen(module)};
    const absl::Status taken = CatchTorchToStatus(
        "convolutions", [&] { return TakeConvolutions(image_size, batch_sizes, &split); });
    if (absl::IsResourceExhausted(taken)) return taken;
    if (!taken.ok()) {
      // Whether the model is good is for torch to say: all that is lost is speed.
      LogWarning("the model's convolutions are left to torch", {{"cause", taken}});
      split = {.rest = Frozen(module)};
    }
    split.rest = Optimized(split.rest);
    return split;
  });
}

at::IValue RunScriptModule(const torch::jit::Module& module, const at::Tensor& input) {
  const c10::InferenceMode no_gradients;
  // The graph is optimised already. The profiling executor would run it twice to learn shapes, and
  // again for every bucket; MobileNetV2 at batch 1: first call 39 ms with it, 12 ms without, the
  // same speed afterwards (580 images per CPU second). This switch is the thread's own, so nothing
  // else in the process changes.
  const torch::jit::GraphOptimizerEnabledGuard run_as_it_is(false);
  // A channels_last input was measured too: no difference, oneDNN reorders it either way.
  return torch::jit::Module(module).forward({input});
}

absl::StatusOr<Embeddings> ReadOutputs(const at::IValue& outputs, const ModelShape& shape,
                                       int64_t n, int64_t bucket) {
  const size_t expected = shape.attributes > 0 ? 3 : 2;
  if (!outputs.isTuple() || outputs.toTupleRef().elements().size() != expected) {
    const std::string found = outputs.isTuple()
                                  ? absl::StrCat(outputs.toTupleRef().elements().size(), " outputs")
                                  : outputs.tagKind() + " instead of a tuple";
    return absl::InternalError(
        absl::StrCat("model: forward() returned ", found, "; ", expected, " are promised"));
  }
  const auto& elements = outputs.toTupleRef().elements();
  Embeddings result;
  result.n = n;
  LB_ASSIGN_OR_RETURN(result.vectors, ReadRows(elements[0], "the embedding", n, bucket, shape.dim));
  LB_ASSIGN_OR_RETURN(result.scores,
                      ReadRows(elements[1], "the class scores", n, bucket, shape.classes));
  if (shape.attributes > 0) {
    LB_ASSIGN_OR_RETURN(result.attribute_scores,
                        ReadRows(elements[2], "the attribute scores", n, bucket, shape.attributes));
  }
  return result;
}

}  // namespace lookbook
