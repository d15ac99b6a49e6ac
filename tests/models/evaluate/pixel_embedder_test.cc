#include "models/evaluate/pixel_embedder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/image/image.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// A 64 × 64 picture whose left half is red.
Image LeftRed() {
  Image image = {64, 64, std::vector<uint8_t>(3 * 64 * 64, 0)};
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 32; ++x) image.rgb[3 * (64 * y + x)] = 255;
  }
  return image;
}

TEST(PixelEmbedderTest, AUnitRowOfTheStandardisedSamples) {
  const PreprocessSpec spec = PixelSpec();
  std::vector<float> pixels(spec.TensorSize());
  ASSERT_THAT(Preprocess(LeftRed(), spec, absl::MakeSpan(pixels)), IsOk());
  const PixelEmbedder embedder({0.25f, 0.5f});
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings out, embedder.Embed(pixels));
  ASSERT_EQ(out.n, 1);
  ASSERT_EQ(out.vectors.size(), 192u);
  // By hand: red is (1 - .485) / .229 in the left half, (0 - .485) / .229 in the right.
  const double in = (1 - .485) / .229, off = -.485 / .229;
  const double green = -.456 / .224, blue = -.406 / .225;
  const double norm = std::sqrt(32 * (in * in + off * off) + 64 * (green * green + blue * blue));
  EXPECT_NEAR(out.vectors[0], in / norm, 1e-6);
  EXPECT_NEAR(out.vectors[7], off / norm, 1e-6);
  EXPECT_NEAR(out.vectors[64], green / norm, 1e-6);
  EXPECT_NEAR(out.vectors[191], blue / norm, 1e-6);
  EXPECT_EQ(out.scores, (std::vector<float>{0.25f, 0.5f}));
  EXPECT_EQ(embedder.shape().dim, 192);
  EXPECT_EQ(embedder.shape().classes, 2);
}

TEST(PixelEmbedderTest, AnyNumberUpToTheMostAndNothingElse) {
  const PixelEmbedder embedder({0.5f});
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings out, embedder.Embed(std::vector<float>(256 * 192, 0)));
  EXPECT_EQ(out.n, 256);
  double squares = 0;
  for (int i = 0; i < 192; ++i) squares += double{out.vectors[i]} * out.vectors[i];
  EXPECT_NEAR(squares, 1, 1e-5) << "the mean colour alone is a unit vector, too";
  for (const size_t bad : {0, 191, 257 * 192}) {
    EXPECT_THAT(embedder.Embed(std::vector<float>(bad, 0)),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace lookbook
