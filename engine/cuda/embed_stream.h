// One batch at a time on one CUDA stream: staging, the model's graphs, results.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/cuda/CUDAGraph.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/own_stream.h"
#include "engine/cuda/pixel_input.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// A model on one device. Immutable, shared by the device's streams.
struct DeviceModel {
  torch::jit::Module module;
  PixelInput input;
  ModelShape shape;
  at::ScalarType type;  // Of its input.
  at::Device device;
};

// Not thread-safe: one batch at a time. Every method throws what torch throws.
class EmbedStream {
 public:
  // `buckets` ascend. `model` and `counters` must outlive it.
  EmbedStream(const DeviceModel* model, OwnStream stream, std::vector<int> buckets,
              DeviceCounters* counters);

  // Runs every bucket until it is fast, and records its graph where `graphs` says so. A bucket that
  // cannot be recorded, or whose graph does not give what running step by step gives, is counted
  // and runs step by step.
  absl::Status Prepare(bool graphs);

  // uint8 [n, size, size, 3].
  absl::StatusOr<Embeddings> Run(absl::Span<const uint8_t> pixels, int n);
  // float32 [n, 3, size, size], normalised. Never a graph: serving sends pixels.
  absl::StatusOr<Embeddings> Run(absl::Span<const float> images, int n);

 private:
  struct Recorded {
    at::cuda::CUDAGraph graph;
    at::Tensor outputs;  // Where a replay leaves what Forward() returned.
  };

  int BucketOf(int n) const;
  at::Tensor Pixels(int bucket) const { return pixels_.narrow(0, 0, bucket); }
  // The model's outputs side by side: float32 [bucket, dim + classes + attributes].
  at::Tensor Forward(const at::Tensor& input) const;
  void Record(int bucket);
  std::unique_ptr<Recorded> Capture(int bucket);  // Null: it cannot be recorded.
  bool Agrees(int bucket, Recorded* recorded);
  absl::StatusOr<Embeddings> Fetch(const at::Tensor& outputs, int n);

  const DeviceModel& model_;
  const std::vector<int> buckets_;
  DeviceCounters& counters_;
  const OwnStream stream_;
  at::Tensor host_pixels_,
      pixels_;               // uint8 [largest bucket, size, size, 3]: pinned, on the device.
  at::Tensor host_outputs_;  // Pinned; as Forward(), for the largest bucket.
  std::map<int, std::unique_ptr<Recorded>> graphs_;
};

}  // namespace lookbook
