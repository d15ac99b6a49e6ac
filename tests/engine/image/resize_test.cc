#include "engine/image/resize.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// Weights of the source pixels that make up pixel `i` of a side that goes from `from` to `to`.
std::vector<double> Weights(int i, int from, int to, bool area) {
  std::vector<double> weights(from, 0.0);
  const double scale = static_cast<double>(from) / to;
  if (area && from > to) {  // The covered part of each source pixel.
    for (int k = 0; k < from; ++k) {
      weights[k] =
          std::max(0.0, std::min<double>(k + 1, (i + 1) * scale) - std::max<double>(k, i * scale)) /
          scale;
    }
    return weights;
  }
  const double at = std::clamp((i + 0.5) * scale - 0.5, 0.0, from - 1.0);
  const int low = static_cast<int>(at);
  weights[low] += 1 - (at - low);
  weights[std::min(low + 1, from - 1)] += at - low;
  return weights;
}

Image PlainResize(const Image& image, int width, int height, bool area) {
  Image out{width, height, {}};
  for (int y = 0; y < height; ++y) {
    const std::vector<double> rows = Weights(y, image.height, height, area);
    for (int x = 0; x < width; ++x) {
      const std::vector<double> columns = Weights(x, image.width, width, area);
      for (int c = 0; c < 3; ++c) {
        double sum = 0;
        for (int sy = 0; sy < image.height; ++sy) {
          for (int sx = 0; rows[sy] > 0 && sx < image.width; ++sx) {
            sum += rows[sy] * columns[sx] * image.rgb[3 * (sy * image.width + sx) + c];
          }
        }
        out.rgb.push_back(static_cast<uint8_t>(std::lround(sum)));
      }
    }
  }
  return out;
}

TEST(ResizeTest, AgreesWithPlainLoops) {
  const Image image = NoisyImage(50, 30);
  for (const auto& [width, height] : {std::pair(25, 15), std::pair(10, 10), std::pair(17, 29),
                                      std::pair(100, 60), std::pair(73, 41), std::pair(64, 16),
                                      std::pair(16, 64), std::pair(50, 10), std::pair(1, 1)}) {
    for (const bool area : {true, false}) {
      SCOPED_TRACE(absl::StrCat(width, "x", height, area ? " area" : " bilinear"));
      LB_ASSERT_OK_AND_ASSIGN(
          const Image resized,
          Resize(image, width, height, area ? Interpolation::kArea : Interpolation::kBilinear));
      EXPECT_LE(LargestDifference(resized, PlainResize(image, width, height, area)), 1);
    }
  }
}

TEST(ResizeTest, TheSameSizeIsTheSameImage) {
  const Image image = NoisyImage(20, 10);
  LB_ASSERT_OK_AND_ASSIGN(const Image same, Resize(image, 20, 10, Interpolation::kArea));
  EXPECT_EQ(same.rgb, image.rgb);
}

TEST(ResizeTest, WhatOpenCvThrowsBecomesAStatus) {
  EXPECT_THAT(Resize(Image{}, 4, 4, Interpolation::kArea),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("resizing the image")));
  EXPECT_THAT(Resize(NoisyImage(4, 4), 0, 4, Interpolation::kBilinear),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(ResizeTest, SetsOpenCvToOneThread) {
  ASSERT_THAT(Resize(NoisyImage(8, 8), 4, 4, Interpolation::kArea), IsOk());
  EXPECT_EQ(cv::getNumThreads(), 1);
}

}  // namespace
}  // namespace lookbook
