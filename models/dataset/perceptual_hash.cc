#include "models/dataset/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/image/preprocess.h"
#include "models/dataset/opencv_threads.h"

namespace lookbook {
namespace {

constexpr int kSide = 32;
constexpr int kBlock = 8;
constexpr float kSilence = 1e-3f;  // Rounding, not detail.

// Weights of ITU-R BT.601.
cv::Mat1f Luma(const Image& image) {
  cv::Mat1f luma(kSide, kSide);
  for (int i = 0; i < kSide * kSide; ++i) {
    const uint8_t* rgb = &image.rgb[size_t{3} * i];
    luma(i / kSide, i % kSide) = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
  }
  return luma;
}

uint64_t HashOf(const cv::Mat1f& spectrum) {
  std::array<float, kBlock * kBlock> values;
  for (int i = 0; i < kBlock * kBlock; ++i) {
    const float value = spectrum(1 + i / kBlock, 1 + i % kBlock);
    values[i] = std::abs(value) < kSilence ? 0 : value;
  }
  std::array<float, kBlock* kBlock> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const float median = (sorted[kBlock * kBlock / 2 - 1] + sorted[kBlock * kBlock / 2]) / 2;
  uint64_t hash = 0;
  for (int i = 0; i < kBlock * kBlock; ++i) hash |= uint64_t{values[i] > median} << i;
  return hash;
}

}  // namespace

absl::StatusOr<uint64_t> PerceptualHash(const Image& image) {
  UseOneOpenCvThread();
  PreprocessSpec spec;
  spec.size = kSide;
  LB_ASSIGN_OR_RETURN(const Image small, ResizeForModel(image, spec));
  return CatchToStatus("perceptual hash", [&]() -> absl::StatusOr<uint64_t> {
    cv::Mat1f spectrum;
    cv::dct(Luma(small), spectrum);
    return HashOf(spectrum);
  });
}

}  // namespace lookbook
