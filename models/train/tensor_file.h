// Named tensors and a text in one file. Python reads it as well: torch.load gives a dictionary.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lookbook {

struct TensorFile {
  std::string text;  // JSON that says what the tensors are.
  std::map<std::string, torch::Tensor> tensors;
};

// Replaces `path` so that a crash leaves the old file or the new one.
absl::Status WriteTensorFile(const std::string& path, const TensorFile& file);
// NotFound: no such file. DataLoss: damaged, or something else.
absl::StatusOr<TensorFile> ReadTensorFile(const std::string& path);

// Parameters and buffers by name, each name behind `prefix`; contiguous copies on
// the CPU.
void CollectTensors(const torch::nn::Module& net, const std::string& prefix,
                    std::map<std::string, torch::Tensor>* out);
// Copies them back. FailedPrecondition names the first that is missing or of another shape or type.
absl::Status RestoreTensors(const std::map<std::string, torch::Tensor>& tensors,
                            const std::string& prefix, torch::nn::Module& net);

}  // namespace lookbook
