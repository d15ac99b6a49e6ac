// Pixels -> the model's input tensor, as the manifest says. One implementation for training,
// evaluation and serving.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/image/image.h"

namespace lookbook {

enum class ResizeMode {
  kSquish,  // Both sides to `size`; the aspect ratio changes.
  kPad,     // The long side to `size`, the rest filled with the mean colour, centred.
  kCrop,    // The short side to `size`, then the centre square.
};

enum class Interpolation {
  kArea,      // Mean of the covered source pixels when shrinking, bilinear when enlarging.
  kBilinear,  // Without anti-aliasing.
};

struct PreprocessSpec {
  int size = 128;  // The input is float32[3, size, size].
  ResizeMode resize = ResizeMode::kSquish;
  Interpolation interpolation = Interpolation::kArea;
  std::array<float, 3> mean = {0.485f, 0.456f, 0.406f};  // RGB, of values in [0, 1].
  std::array<float, 3> std = {0.229f, 0.224f, 0.225f};
  bool orientation = true;
  int min_scale_factor = 2;  // 0 = no scaled decode.

  int MinDecodedSide() const { return min_scale_factor * size; }
  int64_t TensorSize() const { return int64_t{3} * size * size; }
};

// uint8 RGB of spec.size × spec.size: the resize step alone. The trainer caches this and augments
// it.
absl::StatusOr<Image> ResizeForModel(const Image& image, const PreprocessSpec& spec);

// (pixel / 255 - mean) / std into planes: out[c * size * size + y * size + x].
// REQUIRES: `image` is spec.size × spec.size and out.size() == spec.TensorSize().
void Normalize(const Image& image, const PreprocessSpec& spec, absl::Span<float> out);

// ResizeForModel, then Normalize. InvalidArgument: `image` is empty, or `out` has another size than
// TensorSize().
absl::Status Preprocess(const Image& image, const PreprocessSpec& spec, absl::Span<float> out);

}  // namespace lookbook
