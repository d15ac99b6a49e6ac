// The convolutions of a network, with what stands between them folded into them, run by oneDNN.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lookbook {

// One step: a convolution or a max pooling, and what is done to its result where it lies:
//   y = min(max(step(x) + other, low), high)
// Values are numbered: 0 are the images, i + 1 is the result of step i.
struct ConvStep {
  enum class Kind { kConvolution, kMaxPool };

  Kind kind = Kind::kConvolution;
  int input = 0;
  static constexpr int kNothing = -1;
  // A value added before the bounds, or kNothing; convolutions only. No later step may read it: the
  // sum takes its place.
  int other = kNothing;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();  // (0, inf) is ReLU, (0, 6) ReLU6.

  // Height, width. Padding is on both sides.
  int64_t kernel[2] = {1, 1}, stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1};
  int64_t out_channels = 0, groups = 1;  // Convolutions only.
  std::vector<float> weight;             // [out_channels, in_channels / groups, kernel...]
  std::vector<float> bias;               // [out_channels]
};

struct ConvNetSpec {
  int64_t channels = 3;
  int64_t image_size = 0;
  std::vector<ConvStep> steps;  // The result of the last is the network's.
};

// Immutable and thread-safe: any number of threads may call Run() at the same time, each taking a
// block of memory for its activations; blocks are kept for the next calls.
class ConvNet {
 public:
  // False in a build without oneDNN (LOOKBOOK_ONEDNN=OFF): Create() is UNIMPLEMENTED.
  static const bool kAvailable;

  // Weights are laid out as the processor wants them, once for all `batch_sizes` (ascending, from 1
  // or more). InvalidArgument: the spec's parts do not fit together. ResourceExhausted: out of
  // memory. Internal: oneDNN does not take it.
  static absl::StatusOr<std::unique_ptr<ConvNet>> Create(ConvNetSpec spec,
                                                         const std::vector<int>& batch_sizes);
  ~ConvNet();

  // Shape of the result for one image.
  struct Shape {
    int64_t channels = 0, height = 0, width = 0;
    int64_t values() const { return channels * height * width; }
  };
  const Shape& shape() const;

  // float32[n, channels, image_size, image_size] -> float32[n, shape()], both row-major; n is one
  // of the batch sizes. ResourceExhausted: out of memory. Internal: oneDNN failed.
  absl::Status Run(const float* images, int n, float* features) const;

 private:
  struct Impl;
  explicit ConvNet(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
