#include "engine/image/preprocess.h"

#include <cmath>

#include "engine/image/resize.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

PreprocessSpec Spec(int size, ResizeMode mode) {
  PreprocessSpec spec;
  spec.size = size;
  spec.resize = mode;
  return spec;
}

// The rectangle of `image` at (x, y).
Image Part(const Image& image, int x, int y, int width, int height) {
  Image part{width, height, {}};
  for (int row = y; row < y + height; ++row) {
    for (int i = 3 * x; i < 3 * (x + width); ++i)
      part.rgb.push_back(image.rgb[row * 3 * image.width + i]);
  }
  return part;
}

TEST(PreprocessSpecTest, DerivedSizes) {
  const PreprocessSpec spec = Spec(96, ResizeMode::kPad);
  EXPECT_EQ(spec.MinDecodedSide(), 192);
  EXPECT_EQ(spec.TensorSize(), 3 * 96 * 96);
}

TEST(ResizeForModelTest, SquishUsesTheWholePicture) {
  const Image image = NoisyImage(90, 40);
  LB_ASSERT_OK_AND_ASSIGN(const Image squished,
                          ResizeForModel(image, Spec(32, ResizeMode::kSquish)));
  LB_ASSERT_OK_AND_ASSIGN(const Image expected, Resize(image, 32, 32, Interpolation::kArea));
  EXPECT_EQ(LargestDifference(squished, expected), 0);
  EXPECT_LE(LargestDifference(*ResizeForModel(GradientImage(90, 40), Spec(32, ResizeMode::kSquish)),
                              GradientImage(32, 32)),
            3);
}

TEST(ResizeForModelTest, PadKeepsTheShapeAndFillsWithTheMean) {
  const Image image = NoisyImage(64, 33);
  LB_ASSERT_OK_AND_ASSIGN(const Image padded, ResizeForModel(image, Spec(32, ResizeMode::kPad)));
  ASSERT_EQ(padded.width, 32);
  ASSERT_EQ(padded.height, 32);
  LB_ASSERT_OK_AND_ASSIGN(const Image middle,
                          Resize(image, 32, 17, Interpolation::kArea));  // 16.5 rounds up.
  EXPECT_EQ(LargestDifference(Part(padded, 0, 7, 32, 17), middle), 0);
  const Image mean = SolidImage(32, 8, 124, 116, 104);  // 255 × (0.485, 0.456, 0.406)
  EXPECT_EQ(LargestDifference(Part(padded, 0, 0, 32, 7), Part(mean, 0, 0, 32, 7)), 0);
  EXPECT_EQ(LargestDifference(Part(padded, 0, 24, 32, 8), mean), 0);
}

TEST(ResizeForModelTest, CropTakesTheMiddle) {
  for (const auto& [width, height] : {std::pair(75, 40), std::pair(40, 75)}) {
    const Image image = NoisyImage(width, height);
    LB_ASSERT_OK_AND_ASSIGN(const Image cropped,
                            ResizeForModel(image, Spec(20, ResizeMode::kCrop)));
    const int longer = 38;  // 37.5 rounds up.
    LB_ASSERT_OK_AND_ASSIGN(const Image resized,
                            Resize(image, width > height ? longer : 20,
                                   width > height ? 20 : longer, Interpolation::kArea));
    const Image middle = width > height ? Part(resized, 9, 0, 20, 20) : Part(resized, 0, 9, 20, 20);
    EXPECT_EQ(LargestDifference(cropped, middle), 0);
  }
}

TEST(ResizeForModelTest, ExtremeShapesFit) {
  for (const ResizeMode mode : {ResizeMode::kSquish, ResizeMode::kPad, ResizeMode::kCrop}) {
    for (const auto& [width, height] : {std::pair(1600, 8), std::pair(8, 1600), std::pair(1, 1)}) {
      LB_ASSERT_OK_AND_ASSIGN(const Image square,
                              ResizeForModel(GradientImage(width, height), Spec(24, mode)));
      EXPECT_EQ(square.width, 24);
      EXPECT_EQ(square.height, 24);
      EXPECT_EQ(square.rgb.size(), 3u * 24 * 24);
    }
  }
}

TEST(ResizeForModelTest, InterpolationIsTheSpecs) {
  PreprocessSpec spec = Spec(16, ResizeMode::kSquish);
  const Image image = NoisyImage(160, 160);
  LB_ASSERT_OK_AND_ASSIGN(const Image area, ResizeForModel(image, spec));
  spec.interpolation = Interpolation::kBilinear;
  LB_ASSERT_OK_AND_ASSIGN(const Image bilinear, ResizeForModel(image, spec));
  LB_ASSERT_OK_AND_ASSIGN(const Image expected, Resize(image, 16, 16, Interpolation::kBilinear));
  EXPECT_EQ(LargestDifference(bilinear, expected), 0);
  EXPECT_GT(LargestDifference(bilinear, area), 10);
}

TEST(NormalizeTest, IsTheFormulaToTheLastBit) {
  PreprocessSpec spec = Spec(16, ResizeMode::kSquish);
  spec.mean = {0.5f, 0.25f, 0.1f};
  spec.std = {0.3f, 0.7f, 0.2f};
  Image image = SolidImage(16, 16, 0, 0, 0);
  for (size_t i = 0; i < image.rgb.size(); ++i)
    image.rgb[i] = static_cast<uint8_t>(i / 3 + 85 * (i % 3));
  std::vector<float> out(spec.TensorSize(), -1);
  Normalize(image, spec, absl::MakeSpan(out));
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 16; ++x) {
        const float pixel = static_cast<float>(image.rgb[3 * (y * 16 + x) + c]) / 255.0f;
        ASSERT_EQ(out[c * 256 + y * 16 + x], (pixel - spec.mean[c]) / spec.std[c]);
      }
    }
  }
}

TEST(PreprocessTest, IsResizeThenNormalize) {
  const Image image = NoisyImage(70, 90);
  for (const ResizeMode mode : {ResizeMode::kSquish, ResizeMode::kPad, ResizeMode::kCrop}) {
    const PreprocessSpec spec = Spec(32, mode);
    std::vector<float> out(spec.TensorSize()), expected(spec.TensorSize());
    ASSERT_THAT(Preprocess(image, spec, absl::MakeSpan(out)), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(const Image resized, ResizeForModel(image, spec));
    Normalize(resized, spec, absl::MakeSpan(expected));
    EXPECT_EQ(out, expected);
  }
}

TEST(PreprocessTest, RefusesWhatDoesNotFit) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  const PreprocessSpec spec = Spec(32, ResizeMode::kSquish);
  std::vector<float> out(spec.TensorSize());
  EXPECT_THAT(Preprocess(Image{}, spec, absl::MakeSpan(out)), invalid);
  EXPECT_THAT(Preprocess(Image{4, 4, std::vector<uint8_t>(47)}, spec, absl::MakeSpan(out)),
              invalid);
  EXPECT_THAT(Preprocess(NoisyImage(4, 4), spec, absl::MakeSpan(out).subspan(1)), invalid);
  EXPECT_THAT(ResizeForModel(NoisyImage(4, 4), Spec(0, ResizeMode::kPad)), invalid);
  EXPECT_THAT(ResizeForModel(NoisyImage(4, 4), Spec(100'000, ResizeMode::kPad)), invalid);
}

}  // namespace
}  // namespace lookbook
