#include "models/dataset/augment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr int kSide = 24;
constexpr std::array<uint8_t, 3> kFill = {10, 20, 30};

std::vector<uint8_t> Ramp(int side = kSide) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      pixels.push_back(static_cast<uint8_t>(40 + 5 * x));
      pixels.push_back(static_cast<uint8_t>(40 + 5 * y));
      pixels.push_back(100);
    }
  }
  return pixels;
}

Image Apply(const AugmentRecipe& recipe, const std::vector<uint8_t>& in, uint64_t seed) {
  Random random(seed);
  Image out;
  const int side = static_cast<int>(std::lround(std::sqrt(in.size() / 3.0)));
  EXPECT_THAT(Augmenter(recipe, side, kFill).Apply(in, &random, &out), IsOk());
  EXPECT_EQ(out.width, side);
  EXPECT_EQ(out.height, side);
  EXPECT_EQ(out.rgb.size(), in.size());
  return out;
}

uint8_t At(absl::Span<const uint8_t> rgb, int x, int y, int c, int side = kSide) {
  return rgb[3 * (y * side + x) + c];
}

TEST(AugmentTest, NothingAskedNothingChanged) {
  for (uint64_t seed = 0; seed < 10; ++seed) EXPECT_EQ(Apply({}, Ramp(), seed).rgb, Ramp());
}

TEST(AugmentTest, FlipMirrorsColumnsExactly) {
  AugmentRecipe recipe;
  recipe.flip = 1;
  const Image out = Apply(recipe, Ramp(), 1);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(At(out.rgb, x, y, c), At(Ramp(), kSide - 1 - x, y, c));
    }
  }
}

TEST(AugmentTest, FlipComesWithItsProbability) {
  AugmentRecipe recipe;
  recipe.flip = 0.3;
  int flipped = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const Image out = Apply(recipe, Ramp(), seed);
    if (out.rgb != Ramp()) ++flipped;
  }
  EXPECT_NEAR(flipped, 600, 100);
}

// On a linear ramp bilinear sampling is exact, so the crop can be read off the picture: a slope of
// sqrt(share).
TEST(AugmentTest, CropsHaveTheAskedAreaAndLieInside) {
  AugmentRecipe recipe;
  recipe.crop_scale_min = 0.4;
  recipe.crop_scale_max = 0.9;
  double least = 1, most = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Image out = Apply(recipe, Ramp(), seed);
    const double left = At(out.rgb, 1, 5, 0), right = At(out.rgb, kSide - 2, 5, 0);
    const double side = (right - left) / 5 / (kSide - 3);
    EXPECT_GE(side, std::sqrt(0.4) - 0.02);
    EXPECT_LE(side, std::sqrt(0.9) + 0.02);
    least = std::min(least, side * side);
    most = std::max(most, side * side);
    const double height = (At(out.rgb, 5, kSide - 2, 1) - At(out.rgb, 5, 1, 1)) / 5.0 / (kSide - 3);
    EXPECT_NEAR(height, side, 0.03) << "square";
    EXPECT_GE(At(out.rgb, 0, 0, 0), 40);
    EXPECT_LE(At(out.rgb, kSide - 1, 0, 0), 40 + 5 * (kSide - 1));
  }
  EXPECT_LT(least, 0.45);
  EXPECT_GT(most, 0.85);
}

// Against a plain bilinear sampler of the documented map, with the same random numbers.
TEST(AugmentTest, WarpAgreesWithAPlainSampler) {
  AugmentRecipe recipe;
  recipe.crop_scale_min = 0.5;
  recipe.crop_scale_max = 0.8;
  recipe.rotate_degrees = 20;
  recipe.flip = 0.5;
  std::vector<uint8_t> in(kSide * kSide * 3);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint8_t>(127 + 100 * std::sin(0.9 * (i / 3 % kSide) + i % 3) *
                                           std::cos(0.5 * (i / 3 / kSide)));
  }
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const double scale = std::sqrt(random.Uniform(0.5, 0.8));
    const double angle = random.Uniform(-1, 1) * 20 * M_PI / 180;
    const double mirror = random.Chance(0.5) ? -1 : 1;
    const double room = kSide * (1 - scale) / 2, middle = (kSide - 1) / 2.0;
    const double cx = middle + random.Uniform(-room, room),
                 cy = middle + random.Uniform(-room, room);
    const Image out = Apply(recipe, in, seed);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const double u = mirror * (x - middle) * scale, v = (y - middle) * scale;
        const double sx = cx + u * std::cos(angle) - v * std::sin(angle);
        const double sy = cy + u * std::sin(angle) + v * std::cos(angle);
        const int x0 = static_cast<int>(std::floor(sx)), y0 = static_cast<int>(std::floor(sy));
        if (x0 < 0 || y0 < 0 || x0 + 1 >= kSide || y0 + 1 >= kSide)
          continue;  // The mirrored border.
        for (int c = 0; c < 3; ++c) {
          const double fx = sx - x0, fy = sy - y0;
          const double wanted =
              (1 - fy) * ((1 - fx) * At(in, x0, y0, c) + fx * At(in, x0 + 1, y0, c)) +
              fy * ((1 - fx) * At(in, x0, y0 + 1, c) + fx * At(in, x0 + 1, y0 + 1, c));
          ASSERT_NEAR(At(out.rgb, x, y, c), wanted, 6) << "OpenCV samples at 1/32 pixel";
        }
      }
    }
  }
}

TEST(AugmentTest, RotationTurnsAboutTheMiddle) {
  AugmentRecipe recipe;
  recipe.rotate_degrees = 30;
  std::vector<uint8_t> in(25 * 25 * 3, 0);
  in[3 * (12 * 25 + 12)] = 255;  // The middle of an odd side.
  bool turned = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_NEAR(At(Apply(recipe, in, seed).rgb, 12, 12, 0, 25), 255, 2);
    turned = turned || Apply(recipe, Ramp(), seed).rgb != Ramp();
  }
  EXPECT_TRUE(turned);
}

// The three steps one after the other, in floating point.
TEST(AugmentTest, ColorIsBrightnessThenContrastThenSaturation) {
  AugmentRecipe recipe;
  recipe.color = 0.3;
  const std::vector<uint8_t> in = Ramp();
  const auto grey = [](const double* p) { return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]; };
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const double brightness = random.Uniform(0.7, 1.3), contrast = random.Uniform(0.7, 1.3),
                 saturation = random.Uniform(0.7, 1.3);
    std::vector<double> values(in.begin(), in.end());
    for (double& value : values) value *= brightness;
    double mean = 0;
    for (size_t i = 0; i < values.size(); i += 3) mean += grey(&values[i]) / (values.size() / 3);
    for (double& value : values) value = mean + contrast * (value - mean);
    const Image out = Apply(recipe, in, seed);
    for (size_t i = 0; i < values.size(); i += 3) {
      const double g = grey(&values[i]);
      for (int c = 0; c < 3; ++c) {
        const double wanted = std::clamp(g + saturation * (values[i + c] - g), 0.0, 255.0);
        ASSERT_NEAR(out.rgb[i + c], wanted, 1.01);
      }
    }
  }
}

TEST(AugmentTest, EraseFillsOneSmallBox) {
  AugmentRecipe recipe;
  recipe.erase = 1;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const std::vector<uint8_t> in = Ramp();
    const Image out = Apply(recipe, in, seed);
    int left = kSide, right = -1, top = kSide, bottom = -1, changed = 0;
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        if (At(out.rgb, x, y, 2) == 100) {
          ASSERT_EQ(At(out.rgb, x, y, 0), At(in, x, y, 0));
          continue;
        }
        for (int c = 0; c < 3; ++c) ASSERT_EQ(At(out.rgb, x, y, c), kFill[c]);
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = std::max(bottom, y);
        ++changed;
      }
    }
    ASSERT_GT(changed, 0);
    EXPECT_EQ(changed, (right - left + 1) * (bottom - top + 1)) << "one box";
    EXPECT_GE(changed, 0.01 * kSide * kSide);
    EXPECT_LE(changed, 0.19 * kSide * kSide);
  }
}

TEST(AugmentTest, EraseComesWithItsProbability) {
  AugmentRecipe recipe;
  recipe.erase = 0.25;
  int erased = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) erased += Apply(recipe, Ramp(), seed).rgb != Ramp();
  EXPECT_NEAR(erased, 500, 100);
}

TEST(AugmentTest, SameSeedSamePixels) {
  AugmentRecipe recipe = {0.5, 0.7, 1.0, 0.2, 0.5, 10, 0.1, 0.2};
  EXPECT_EQ(Apply(recipe, Ramp(), 5).rgb, Apply(recipe, Ramp(), 5).rgb);
  EXPECT_NE(Apply(recipe, Ramp(), 5).rgb, Apply(recipe, Ramp(), 6).rgb);
}

TEST(AugmentTest, TheOutputMayHaveAnySizeBefore) {
  AugmentRecipe recipe = {0.5, 0.7, 1.0, 0.2, 0.5, 10, 0.1, 0.2};
  const Augmenter augmenter(recipe, kSide, kFill);
  Image fresh, used = {3, 700, std::vector<uint8_t>(6300, 77)};
  Random a(5), b(5);
  ASSERT_THAT(augmenter.Apply(Ramp(), &a, &fresh), IsOk());
  ASSERT_THAT(augmenter.Apply(Ramp(), &b, &used), IsOk());
  EXPECT_EQ(fresh.rgb, used.rgb);
  EXPECT_EQ(used.width, kSide);
}

TEST(AugmentTest, ASingleBlackPixelIsFine) {
  AugmentRecipe recipe = {0.5, 0.7, 1.0, 0.2, 1.0, 10, 0.1, 0.5};
  for (uint64_t seed = 0; seed < 20; ++seed) Apply(recipe, {0, 0, 0}, seed);
}

// OpenCV throws at an image without pixels.
TEST(AugmentTest, WhatOpenCvThrowsBecomesAStatus) {
  AugmentRecipe recipe;
  recipe.flip = 1;
  Random random(1);
  Image out;
  EXPECT_THAT(Augmenter(recipe, 0, kFill).Apply({}, &random, &out),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("augmenting")));
}

TEST(CheckAugmentTest, NamesTheKeyThatIsOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(CheckAugment({}), IsOk());
  EXPECT_THAT(CheckAugment({1, 0.1, 1, 0.9, 1, 180, 0.5, 1}), IsOk());
  const std::pair<AugmentRecipe, const char*> cases[] = {
      {{1.1}, "augment.flip 1.1"},
      {{-0.1}, "augment.flip"},
      {{nan}, "augment.flip"},
      {{0, 0, 1}, "augment.crop_scale[0] 0"},
      {{0, 0.9, 0.8}, "augment.crop_scale[0]"},
      {{0, 1, 1.5}, "augment.crop_scale[1] 1.5"},
      {{0, nan, 1}, "augment.crop_scale[0]"},
      {{0, 1, 1, 1.0}, "augment.color 1"},
      {{0, 1, 1, -0.1}, "augment.color"},
      {{0, 1, 1, 0, 2}, "augment.erase 2"},
      {{0, 1, 1, 0, 0, 181}, "augment.rotate_degrees 181"},
      {{0, 1, 1, 0, 0, -1}, "augment.rotate_degrees -1"},
      {{0, 1, 1, 0, 0, 0, 0.51}, "augment.hue 0.51"},
      {{0, 1, 1, 0, 0, 0, -0.1}, "augment.hue -0.1"},
      {{0, 1, 1, 0, 0, 0, nan}, "augment.hue"},
      {{0, 1, 1, 0, 0, 0, 0, 1.1}, "augment.grayscale 1.1"},
      {{0, 1, 1, 0, 0, 0, 0, -0.1}, "augment.grayscale -0.1"},
  };
  for (const auto& [recipe, message] : cases) {
    EXPECT_THAT(CheckAugment(recipe),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
}

}  // namespace
}  // namespace lookbook
