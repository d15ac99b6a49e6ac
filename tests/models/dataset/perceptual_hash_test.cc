#include "models/dataset/perceptual_hash.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/preprocess.h"
#include "tests/models/dataset/test_images.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// The definition as plain loops: coefficient (u, v) of the orthonormal DCT-II of the luma.
uint64_t HashPlainly(const Image& image) {
  PreprocessSpec spec;
  spec.size = 32;
  const Image small = *ResizeForModel(image, spec);
  const auto luma = [&](int x, int y) {
    const uint8_t* rgb = &small.rgb[3 * (32 * y + x)];
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  };
  std::vector<double> values;
  for (int v = 1; v <= 8; ++v) {
    for (int u = 1; u <= 8; ++u) {
      double sum = 0;
      for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
          sum += luma(x, y) * std::cos(std::numbers::pi * (2 * x + 1) * u / 64) *
                 std::cos(std::numbers::pi * (2 * y + 1) * v / 64);
        }
      }
      values.push_back(sum / 16);
    }
  }
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  uint64_t hash = 0;
  for (int i = 0; i < 64; ++i) hash |= uint64_t{values[i] > (sorted[31] + sorted[32]) / 2} << i;
  return hash;
}

TEST(PerceptualHashTest, IsItsDefinition) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Image image = WavyImage(90, 60, seed);
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t hash, PerceptualHash(image));
    // A coefficient at the median may fall to either side by rounding.
    EXPECT_LE(HashDistance(hash, HashPlainly(image)), 1) << seed;
  }
}

TEST(PerceptualHashTest, SizeAndCompressionHardlyChangeIt) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Image image = WavyImage(400, 300, seed);
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t hash, PerceptualHash(image));
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t smaller, PerceptualHash(WavyImage(200, 150, seed)));
    LB_ASSERT_OK_AND_ASSIGN(const std::string jpeg, EncodeJpeg(image, 40));
    LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, {}));
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t compressed, PerceptualHash(decoded.image));
    EXPECT_LE(HashDistance(hash, smaller), 4) << seed;
    EXPECT_LE(HashDistance(hash, compressed), 4) << seed;
  }
}

TEST(PerceptualHashTest, OtherPicturesAreFarAway) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t a, PerceptualHash(WavyImage(100, 100, seed)));
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t b, PerceptualHash(WavyImage(100, 100, seed + 1000)));
    EXPECT_GT(HashDistance(a, b), 4) << seed;
  }
}

TEST(PerceptualHashTest, APlainPictureHasHashZero) {
  for (uint8_t level : {0, 7, 128, 255}) {
    const Image plain = {40, 40, std::vector<uint8_t>(40 * 40 * 3, level)};
    LB_ASSERT_OK_AND_ASSIGN(const uint64_t hash, PerceptualHash(plain));
    EXPECT_EQ(hash, 0u) << int{level};
  }
}

TEST(PerceptualHashTest, AnEmptyImageIsRefused) {
  EXPECT_THAT(PerceptualHash(Image{}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PerceptualHashTest, DistanceCountsBits) {
  EXPECT_EQ(HashDistance(0, 0), 0);
  EXPECT_EQ(HashDistance(0b1011, 0b0010), 2);
  EXPECT_EQ(HashDistance(0, ~uint64_t{0}), 64);
}

}  // namespace
}  // namespace lookbook
