// The Embedder over a TorchScript file on CUDA devices.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/device_error.h"
#include "engine/device/cuda_options.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Thread-safe: as many batches run at once as there are devices × streams; more wait.
class CudaEmbedder : public Embedder {
 public:
  // As DeviceBackend::OpenEmbedder(). `counters` and `health` must outlive it.
  static absl::StatusOr<std::unique_ptr<CudaEmbedder>> Open(absl::string_view bytes,
                                                            const EmbedderSpec& spec,
                                                            const CudaOptions& options,
                                                            DeviceCounters* counters,
                                                            DeviceHealth* health);
  ~CudaEmbedder() override;
  const ModelShape& shape() const override;
  int MaxBatch() const override;
  int PaddedSize(int n) const override;
  bool TakesPixels() const override { return true; }
  absl::StatusOr<Embeddings> EmbedPixels(absl::Span<const uint8_t> pixels) const override;
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override;
  // Open() has warmed up, since it records graphs: OK while the devices are well.
  absl::Status WarmUp() const override;

 private:
  struct Impl;
  explicit CudaEmbedder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
