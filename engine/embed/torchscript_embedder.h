// The Embedder over a TorchScript file (model.ts of a bundle), on the CPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/embed/embedder.h"

namespace lookbook {

struct TorchScriptOptions {
  ModelShape shape;  // What the manifest promises; the model is checked against it.
  std::vector<int> buckets = {1, 2, 4, 8, 16, 32};  // Batch sizes that are warmed up; ascending.
  bool optimize = true;                             // torch::jit::optimize_for_inference.
};

class TorchScriptEmbedder : public Embedder {
 public:
  // Opens a model whose hash the caller has checked: TorchScript is code. `bytes` is the content of
  // the file. It is read in place and may go away afterwards. InvalidArgument: not TorchScript,
  // another signature or shape than `options.shape`, embeddings that are not of unit length, scores
  // outside [0, 1], non-finite outputs, or buckets that do not ascend. ResourceExhausted: out of
  // memory.
  static absl::StatusOr<std::unique_ptr<TorchScriptEmbedder>> Open(absl::string_view bytes,
                                                                   TorchScriptOptions options);
  ~TorchScriptEmbedder() override;
  const ModelShape& shape() const override;
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override;
  int MaxBatch() const override;
  int PaddedSize(int n) const override;
  absl::Status WarmUp() const override;

 private:
  struct Impl;
  explicit TorchScriptEmbedder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Process-wide numeric threads of LibTorch, its MKL and its OpenMP: `threads` per calling thread,
// at least 1. A server that runs several embed workers wants 1. Call once at start, before any
// model is opened. The index has its own setting, SetSearchThreads().
void SetNumericThreads(int threads);

}  // namespace lookbook
