#include "models/train/tensor_file.h"

#include <torch/serialize.h>
#include <torch/utils.h>

#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr char kText[] = "text";
constexpr char kTensors[] = "tensors";

std::string Shape(const torch::Tensor& tensor) {
  std::ostringstream out;
  out << tensor.scalar_type() << tensor.sizes();
  return out.str();
}

// A contiguous copy on the CPU.
torch::Tensor ToFile(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach();
  return values.is_cpu() ? values.contiguous().clone() : values.to(torch::kCPU).contiguous();
}

absl::Status RestoreOne(const std::map<std::string, torch::Tensor>& tensors,
                        const std::string& name, torch::Tensor to) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    return absl::FailedPreconditionError(absl::StrCat("no tensor ", name));
  const torch::Tensor& from = found->second;
  if (from.sizes() != to.sizes() || from.scalar_type() != to.scalar_type()) {
    return absl::FailedPreconditionError(
        absl::StrCat("tensor ", name, " is ", Shape(from), ", the network has ", Shape(to)));
  }
  torch::NoGradGuard no_grad;
  to.copy_(from);
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteTensorFile(const std::string& path, const TensorFile& file) {
  return CatchToStatus(path, [&]() -> absl::Status {
    c10::Dict<std::string, torch::Tensor> tensors;
    for (const auto& [name, tensor] : file.tensors) tensors.insert(name, tensor);
    c10::impl::GenericDict root(c10::StringType::get(), c10::AnyType::get());
    root.insert(std::string(kText), file.text);
    root.insert(std::string(kTensors), tensors);
    const std::vector<char> bytes = torch::pickle_save(root);
    return WriteFileAtomic(path, absl::string_view(bytes.data(), bytes.size()));
  });
}

absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  absl::StatusOr<TensorFile> file = CatchToStatus(path, [&]() -> absl::StatusOr<TensorFile> {
    const c10::IValue root = torch::pickle_load(std::vector<char>(bytes.begin(), bytes.end()));
    const auto dict = root.toGenericDict();
    TensorFile out;
    out.text = dict.at(std::string(kText)).toStringRef();
    for (const auto& item : dict.at(std::string(kTensors)).toGenericDict()) {
      out.tensors[item.key().toStringRef()] = item.value().toTensor();
    }
    return out;
  });
  if (!file.ok() && file.status().code() == absl::StatusCode::kInternal) {
    return absl::DataLossError(
        absl::StrCat(path, " is damaged or not a tensor file: ", file.status().message()));
  }
  return file;
}

void CollectTensors(const torch::nn::Module& net, const std::string& prefix,
                    std::map<std::string, torch::Tensor>* out) {
  for (const auto& item : net.named_parameters())
    (*out)[prefix + item.key()] = ToFile(item.value());
  for (const auto& item : net.named_buffers()) (*out)[prefix + item.key()] = ToFile(item.value());
}

absl::Status RestoreTensors(const std::map<std::string, torch::Tensor>& tensors,
                            const std::string& prefix, torch::nn::Module& net) {
  for (const auto& item : net.named_parameters())
    LB_RETURN_IF_ERROR(RestoreOne(tensors, prefix + item.key(), item.value()));
  for (const auto& item : net.named_buffers())
    LB_RETURN_IF_ERROR(RestoreOne(tensors, prefix + item.key(), item.value()));
  return absl::OkStatus();
}

}  // namespace lookbook
