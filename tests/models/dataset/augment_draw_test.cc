#include "models/dataset/augment_draw.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr int kSide = 64;

TEST(AugmentDrawTest, ARecipeThatChangesNothingDrawsNothing) {
  Random random(1), untouched(1);
  const AugmentDraw draw = DrawAugment({}, kSide, &random);
  EXPECT_EQ(draw.map, AugmentDraw{}.map);
  EXPECT_FALSE(draw.flip);
  EXPECT_EQ(draw.box_width, 0);
  EXPECT_EQ(random.Bits(), untouched.Bits());
}

TEST(AugmentDrawTest, TheSameSeedDrawsTheSame) {
  const AugmentRecipe recipe = {0.5, 0.5, 1.0, 0.2, 0.5, 10};
  Random a(3), b(3), c(4);
  const AugmentDraw first = DrawAugment(recipe, kSide, &a);
  EXPECT_EQ(DrawAugment(recipe, kSide, &b).map, first.map);
  EXPECT_NE(DrawAugment(recipe, kSide, &c).map, first.map);
}

TEST(AugmentDrawTest, AFlipMapsColumnsOntoTheirMirrorImages) {
  AugmentRecipe recipe;
  recipe.flip = 1;
  Random random(1);
  const AugmentDraw draw = DrawAugment(recipe, kSide, &random);
  EXPECT_TRUE(draw.flip);
  for (int x = 0; x < kSide; ++x) {
    EXPECT_NEAR(draw.map[0] * x + draw.map[1] * 5 + draw.map[2], kSide - 1 - x, 1e-9);
    EXPECT_NEAR(draw.map[3] * x + draw.map[4] * 5 + draw.map[5], 5, 1e-9);
  }
  EXPECT_TRUE(MovesPixels(recipe));
  EXPECT_FALSE(Resamples(recipe));
}

// Without a rotation the crop is an upright square inside the image, of a share of the area.
TEST(AugmentDrawTest, CropsLieInsideAndHaveTheAskedArea) {
  AugmentRecipe recipe;
  recipe.crop_scale_min = 0.3;
  recipe.crop_scale_max = 0.9;
  EXPECT_TRUE(Resamples(recipe));
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const auto map = DrawAugment(recipe, kSide, &random).map;
    EXPECT_GE(map[0] * map[4], 0.3 - 1e-9);
    EXPECT_LE(map[0] * map[4], 0.9 + 1e-9);
    for (const double corner : {-0.5, kSide - 0.5}) {  // The pixels' outer edges.
      EXPECT_GE(map[0] * corner + map[2], -0.5 - 1e-9);
      EXPECT_LE(map[0] * corner + map[2], kSide - 0.5 + 1e-9);
    }
  }
}

TEST(AugmentDrawTest, BoxesLieInsideAndAreSmall) {
  AugmentRecipe recipe;
  recipe.erase = 1;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const AugmentDraw draw = DrawAugment(recipe, kSide, &random);
    ASSERT_GT(draw.box_width, 0);
    EXPECT_GE(std::min(draw.box_x, draw.box_y), 0);
    EXPECT_LE(draw.box_x + draw.box_width, kSide);
    EXPECT_LE(draw.box_y + draw.box_height, kSide);
    EXPECT_NEAR(draw.box_width * draw.box_height / double(kSide * kSide), 0.085, 0.075);
  }
}

TEST(AugmentDrawTest, FactorsStayInTheirRangeAndMixAsTheThreeStepsDo) {
  AugmentRecipe recipe;
  recipe.color = 0.4;
  Random random(5);
  const AugmentDraw draw = DrawAugment(recipe, kSide, &random);
  for (const double factor : {draw.brightness, draw.contrast, draw.saturation})
    EXPECT_NEAR(factor, 1, 0.4);
  const ColorMix mix = MixOf(draw);
  // One channel of value x in a pixel of grey g, in an image of mean grey m.
  const double x = 90, g = 120, m = 60;
  const double bright = draw.brightness * x, bright_g = draw.brightness * g;
  const double mean = draw.brightness * m;
  const double contrast = mean + draw.contrast * (bright - mean);
  const double contrast_g = mean + draw.contrast * (bright_g - mean);
  const double wanted = contrast_g + draw.saturation * (contrast - contrast_g);
  EXPECT_NEAR(mix.own * x + mix.grey * g + mix.mean * m, wanted, 1e-9);
}

TEST(AugmentDrawTest, HueAndGrayscaleLeaveTheOtherDrawsAlone) {
  const AugmentRecipe plain = {0.5, 0.5, 1.0, 0.2, 0.5, 10};
  AugmentRecipe colours = plain;
  colours.hue = 0.1;
  colours.grayscale = 0.5;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random a(seed), b(seed);
    const AugmentDraw want = DrawAugment(plain, kSide, &a), got = DrawAugment(colours, kSide, &b);
    EXPECT_EQ(got.map, want.map);
    EXPECT_EQ(got.flip, want.flip);
    EXPECT_EQ(got.brightness, want.brightness);
    EXPECT_EQ(got.contrast, want.contrast);
    EXPECT_EQ(got.saturation, want.saturation);
    EXPECT_EQ(got.box_x, want.box_x);
    EXPECT_EQ(got.box_y, want.box_y);
    EXPECT_EQ(got.box_width, want.box_width);
    EXPECT_EQ(got.box_height, want.box_height);
    EXPECT_EQ(want.hue, 0);
    EXPECT_FALSE(want.grayscale);
  }
}

TEST(AugmentDrawTest, HuesFillTheirRange) {
  AugmentRecipe recipe;
  recipe.hue = 0.2;
  EXPECT_TRUE(ChangesColors(recipe));
  EXPECT_FALSE(MovesPixels(recipe));
  double least = 1, most = -1;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const double hue = DrawAugment(recipe, kSide, &random).hue;
    least = std::min(least, hue);
    most = std::max(most, hue);
  }
  EXPECT_GE(least, -0.2);
  EXPECT_LT(least, -0.19);
  EXPECT_LE(most, 0.2);
  EXPECT_GT(most, 0.19);
}

TEST(AugmentDrawTest, GreyPicturesComeWithTheirProbability) {
  for (const double probability : {0.0, 0.2, 1.0}) {
    AugmentRecipe recipe;
    recipe.grayscale = probability;
    EXPECT_EQ(ChangesColors(recipe), probability > 0);
    int grey = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
      Random random(seed);
      grey += DrawAugment(recipe, kSide, &random).grayscale;
    }
    // Four standard deviations.
    EXPECT_NEAR(grey, 2000 * probability, 4 * std::sqrt(2000 * probability * (1 - probability)));
  }
}

TEST(AugmentDrawTest, ABackEndThatIsNotThereIsRefused) {
  AugmentRecipe recipe;
  EXPECT_THAT(CheckAugment(recipe), IsOk());
  recipe.backend = "batch";
  EXPECT_THAT(CheckAugment(recipe), IsOk());
  recipe.backend = "gpu";
  EXPECT_THAT(CheckAugment(recipe),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("backend \"gpu\"")));
  recipe = {};
  recipe.flip = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(CheckAugment(recipe),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("flip")));
}

}  // namespace
}  // namespace lookbook
