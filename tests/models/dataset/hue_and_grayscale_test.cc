// What both back ends do to colours, against plain formulas.
#include <algorithm>
#include <array>
#include <cmath>

#include "tests/models/dataset/both_back_ends.h"

namespace lookbook {
namespace {

// HSV and back as textbooks have it: hue in degrees, value and saturation stay.
std::array<double, 3> PlainlyTurned(const std::array<double, 3>& rgb, double turn) {
  const auto [r, g, b] = rgb;
  const double high = std::max({r, g, b}), chroma = high - std::min({r, g, b});
  if (chroma == 0) return rgb;
  double hue = high == r   ? 60 * (g - b) / chroma
               : high == g ? 60 * (b - r) / chroma + 120
                           : 60 * (r - g) / chroma + 240;
  hue = std::fmod(hue + 360 * turn + 720, 360);
  const int sector = static_cast<int>(hue / 60);
  const double within = hue / 60 - sector;
  const double low = high - chroma, falling = high - chroma * within,
               rising = low + chroma * within;
  switch (sector) {
    case 0:
      return {high, rising, low};
    case 1:
      return {falling, high, low};
    case 2:
      return {low, high, rising};
    case 3:
      return {low, falling, high};
    case 4:
      return {rising, low, high};
    default:
      return {high, low, falling};
  }
}

// float[B, 3, S, S] -> the same.
torch::Tensor PlainlyTurned(const torch::Tensor& images, const std::vector<AugmentDraw>& draws) {
  torch::Tensor out = images.contiguous().clone();
  const int64_t plane = kSide * kSide;
  for (int64_t i = 0; i < out.size(0); ++i) {
    float* pixel = out.data_ptr<float>() + 3 * plane * i;
    for (int64_t p = 0; p < plane; ++p, ++pixel) {
      const auto turned = PlainlyTurned(
          std::array<double, 3>{pixel[0], pixel[plane], pixel[2 * plane]}, draws[i].hue);
      for (int c = 0; c < 3; ++c) pixel[c * plane] = static_cast<float>(turned[c]);
    }
  }
  return out;
}

// Any colours, and every eighth picture's are greys.
torch::Tensor Noise(int count) {
  torch::Tensor out = torch::empty({count, kSide, kSide, 3}, torch::kUInt8);
  uint8_t* pixel = out.data_ptr<uint8_t>();
  Random random(9);
  for (int64_t i = 0; i < out.numel() / 3; ++i, pixel += 3) {
    for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(random.Below(256));
    if (i / (kSide * kSide) % 8 == 7) pixel[1] = pixel[2] = pixel[0];
  }
  return out;
}

// Both back ends on pictures of one colour, turned by `turn`.
void ExpectTurned(const std::array<int, 3>& from, double turn, const std::array<int, 3>& to) {
  AugmentRecipe recipe;
  recipe.hue = 0.5;
  const auto plain = [](const std::array<int, 3>& color) {
    return torch::tensor(std::vector<int>(color.begin(), color.end()), torch::kUInt8)
        .expand({1, kSide, kSide, 3})
        .contiguous();
  };
  const std::vector<AugmentDraw> draws = {{.hue = turn}};
  const torch::Tensor want = Planes(plain(to));
  EXPECT_LT(LargestGap(ByBatch(recipe, plain(from), draws), want), 0.01) << turn;
  EXPECT_EQ(LargestGap(ByImage(recipe, plain(from), draws), want), 0) << turn;
}

TEST(HueAndGrayscaleTest, KnownColoursTurnIntoKnownOnes) {
  for (const double half : {0.5, -0.5}) {
    ExpectTurned({255, 0, 0}, half, {0, 255, 255});
    ExpectTurned({0, 255, 0}, half, {255, 0, 255});
    ExpectTurned({200, 100, 50}, half, {50, 150, 200});
  }
  ExpectTurned({200, 100, 50}, 1 / 3.0, {50, 200, 100});
  ExpectTurned({200, 100, 50}, -1 / 3.0, {100, 50, 200});
  ExpectTurned({200, 100, 50}, 0, {200, 100, 50});
  for (const int grey : {0, 90, 255}) ExpectTurned({grey, grey, grey}, 0.2, {grey, grey, grey});
}

// The image back end is off by its rounding.
TEST(HueAndGrayscaleTest, HuesFollowThePlainFormula) {
  AugmentRecipe recipe;
  recipe.hue = 0.5;
  const torch::Tensor pictures = Noise(40);
  const std::vector<AugmentDraw> draws = Draws(recipe, 40);
  const torch::Tensor want = PlainlyTurned(Planes(pictures), draws);
  EXPECT_GT(LargestGap(want, Planes(pictures)), 100);
  EXPECT_LT(LargestGap(ByBatch(recipe, pictures, draws), want), 0.01);
  EXPECT_LT(LargestGap(ByImage(recipe, pictures, draws), want), 0.51);
}

TEST(HueAndGrayscaleTest, HuesTurnAfterTheOtherColours) {
  AugmentRecipe color;
  color.color = 0.4;
  AugmentRecipe both = color;
  both.hue = 0.3;
  const torch::Tensor pictures = Noise(20);
  const std::vector<AugmentDraw> draws = Draws(both, 20);
  const torch::Tensor by_batch = PlainlyTurned(ByBatch(color, pictures, draws), draws);
  EXPECT_LT(LargestGap(ByBatch(both, pictures, draws), by_batch), 0.01);
  const torch::Tensor by_image = PlainlyTurned(ByImage(color, pictures, draws), draws);
  EXPECT_LT(LargestGap(ByImage(both, pictures, draws), by_image), 0.51);
}

TEST(HueAndGrayscaleTest, DrawnPicturesBecomeTheirLumaAndNoOthers) {
  AugmentRecipe recipe;
  recipe.grayscale = 0.5;
  const torch::Tensor pictures = Noise(20);
  const std::vector<AugmentDraw> draws = Draws(recipe, 20);
  const torch::Tensor by_batch = ByBatch(recipe, pictures, draws),
                      by_image = ByImage(recipe, pictures, draws);
  int grey = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const torch::Tensor plain = Planes(pictures)[i];
    grey += draws[i].grayscale;
    if (!draws[i].grayscale) {
      EXPECT_TRUE(torch::equal(by_batch[i], plain / 255 * 255));
      EXPECT_TRUE(torch::equal(by_image[i], plain));
      continue;
    }
    const torch::Tensor luma = 0.299 * plain[0] + 0.587 * plain[1] + 0.114 * plain[2];
    for (int64_t c = 0; c < 3; ++c) {
      EXPECT_LT(LargestGap(by_batch[i][c], luma), 0.01);
      EXPECT_LT(LargestGap(by_image[i][c], luma), 0.51);
      EXPECT_TRUE(torch::equal(by_batch[i][c], by_batch[i][0]));
      EXPECT_TRUE(torch::equal(by_image[i][c], by_image[i][0]));
    }
  }
  EXPECT_GT(grey, 3);
  EXPECT_LT(grey, 17);
}

// An erased box has the mean colour, not that colour's grey or another hue of it.
TEST(HueAndGrayscaleTest, BoxesAreErasedLast) {
  AugmentRecipe recipe;
  recipe.erase = recipe.grayscale = 1;
  recipe.hue = 0.5;
  PreprocessSpec spec = PlainSpec();
  spec.mean = {0.2f, 0.4f, 0.8f};  // 51, 102, 204
  const std::vector<AugmentDraw> draws = Draws(recipe, 1);
  ASSERT_GT(draws[0].box_width, 0);
  const torch::Tensor views = BatchAugmenter(recipe, spec, torch::kCPU).Apply(Noise(1), draws);
  const torch::Tensor box = views[0]
                                .narrow(1, draws[0].box_y, draws[0].box_height)
                                .narrow(2, draws[0].box_x, draws[0].box_width);
  EXPECT_LT(box.abs().max().item<double>(), 1e-6) << "the mean, normalised";
  Image image;
  ASSERT_THAT(Augmenter(recipe, kSide, MeanColor(spec))
                  .Apply({Noise(1).data_ptr<uint8_t>(), kSide * kSide * 3}, draws[0], &image),
              IsOk());
  const uint8_t* corner = &image.rgb[3 * (draws[0].box_y * kSide + draws[0].box_x)];
  EXPECT_EQ((std::array<int, 3>{corner[0], corner[1], corner[2]}),
            (std::array<int, 3>{51, 102, 204}));
}

}  // namespace
}  // namespace lookbook
