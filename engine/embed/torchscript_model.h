// The one place where a TorchScript file becomes something that runs. Torch's types show here;
// include it from engine/embed and engine/cuda only.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/embed/conv_net.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Loads `bytes`, which are read in place and may go away afterwards, onto the CPU in eval mode.
// With `optimize`, the weights are frozen, batch norms folded and convolutions handed to oneDNN.
// InvalidArgument: not TorchScript, or forward() does not take exactly one argument.
// ResourceExhausted: out of memory.
absl::StatusOr<torch::jit::Module> LoadScriptModule(absl::string_view bytes, bool optimize);

// The same, optimised, in two parts where its convolutions come first: they run by `convolutions`,
// and `rest` takes their result. Null: `rest` is all of it, and takes the images.
struct SplitModule {
  std::unique_ptr<ConvNet> convolutions;
  torch::jit::Module rest;
};
absl::StatusOr<SplitModule> LoadSplitModule(absl::string_view bytes, int64_t image_size,
                                            const std::vector<int>& batch_sizes);

// Runs forward() on float32[bucket, ...], without gradients and in any number of threads. Throws
// what torch throws.
at::IValue RunScriptModule(const torch::jit::Module& module, const at::Tensor& input);

// Copies the first `n` of `bucket` rows of an output tuple. Internal names the output and what is
// wrong with it: not a tuple of two tensors (three when shape.attributes > 0), another element type
// or shape than promised, or a value in the first `n` rows that is not finite.
absl::StatusOr<Embeddings> ReadOutputs(const at::IValue& outputs, const ModelShape& shape,
                                       int64_t n, int64_t bucket);

}  // namespace lookbook
