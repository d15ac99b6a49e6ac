// The one place where a TorchScript file becomes something that runs. Torch's types show here;
// include it from engine/embed and engine/cuda only.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Loads `bytes`, which are read in place and may go away afterwards, onto the CPU in eval mode.
// With `optimize`, the weights are frozen, batch norms folded and convolutions handed to oneDNN.
// InvalidArgument: not TorchScript, or forward() does not take exactly one argument.
// ResourceExhausted: out of memory.
absl::StatusOr<torch::jit::Module> LoadScriptModule(absl::string_view bytes, bool optimize);

// Runs forward() on float32[bucket, 3, image_size, image_size], without gradients and in any number
// of threads. Throws what torch throws.
at::IValue RunScriptModule(const torch::jit::Module& module, const at::Tensor& images);

// Copies the first `n` of `bucket` rows of an output tuple. Internal names the output and what is
// wrong with it: not a tuple of two tensors (three when shape.attributes > 0), another element type
// or shape than promised, or a value in the first `n` rows that is not finite.
absl::StatusOr<Embeddings> ReadOutputs(const at::IValue& outputs, const ModelShape& shape,
                                       int64_t n, int64_t bucket);

}  // namespace lookbook
