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
  bool optimize = true;      // torch::jit::optimize_for_inference.
};

class TorchScriptEmbedder : public Embedder {
 public:
  // Opens a model whose hash the caller has checked: TorchScript is code. `bytes` is the content of the file.
  // InvalidArgument: not TorchScript, or another signature or shape than `options.shape`, or non-finite outputs.
  static absl::StatusOr<std::unique_ptr<TorchScriptEmbedder>> Open(absl::string_view bytes,
                                                                   TorchScriptOptions options);
  ~TorchScriptEmbedder() override;
  const ModelShape& shape() const override;
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override;
  int MaxBatch() const override;
  absl::Status WarmUp() const override;

 private:
  struct Impl;
  explicit TorchScriptEmbedder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Process-wide numeric threads of LibTorch and OpenMP: `threads` per calling thread. A server that runs several
// embed workers wants 1. Call once at start, before any model is opened.
void SetNumericThreads(int threads);

}  // namespace lookbook
