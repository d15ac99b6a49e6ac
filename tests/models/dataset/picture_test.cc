#include "models/dataset/picture.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/models/dataset/fake_garments.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::SizeIs;

class PictureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFakeGarments(folder_.path());
    absl::StatusOr<GarmentSet> loaded = GarmentSet::Load(folder_.path(), GarmentPart::kTrain);
    ASSERT_THAT(loaded, IsOk());
    garments_ = std::make_unique<GarmentSet>(*std::move(loaded));
  }

  Picture Draw(const std::vector<OutfitPiece>& outfit, uint64_t seed, int size = 64) {
    Random random(seed);
    absl::StatusOr<Picture> picture = DrawPicture(outfit, *garments_, size, &random);
    EXPECT_THAT(picture, IsOk());
    return *std::move(picture);
  }

  TestFolder folder_;
  std::unique_ptr<GarmentSet> garments_;
};

int64_t Area(const Mask& mask) {
  return std::accumulate(mask.on.begin(), mask.on.end(), int64_t{0});
}

TEST_F(PictureTest, SizesAreThoseAskedFor) {
  for (int size : {32, 64, 200}) {
    const Picture picture = Draw({{0, 0}, {5, 3}}, 1, size);
    EXPECT_EQ(picture.image.width, size);
    EXPECT_EQ(picture.image.height, size);
    EXPECT_EQ(picture.image.rgb.size(), static_cast<size_t>(size) * size * 3);
    ASSERT_THAT(picture.masks, SizeIs(2));
    EXPECT_EQ(picture.masks[0].on.size(), static_cast<size_t>(size) * size);
  }
}

TEST_F(PictureTest, SameSeedSamePicture) {
  const std::vector<OutfitPiece> outfit = {{0, 0}, {1, 1}, {7, 2}};
  EXPECT_EQ(Draw(outfit, 3).image.rgb, Draw(outfit, 3).image.rgb);
  EXPECT_EQ(Draw(outfit, 3).masks[1].on, Draw(outfit, 3).masks[1].on);
  EXPECT_NE(Draw(outfit, 3).image.rgb, Draw(outfit, 4).image.rgb);
}

TEST_F(PictureTest, MasksAreDisjointAndPiecesStayVisible) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<OutfitPiece> outfit;
    for (int c = 0; c < 9; ++c) outfit.push_back({c, c % 8});
    const Picture picture = Draw(outfit, seed);
    for (size_t pixel = 0; pixel < 64 * 64; ++pixel) {
      int covered = 0;
      for (const Mask& mask : picture.masks) covered += mask.on[pixel];
      ASSERT_LE(covered, 1);
    }
    // A block of class c has (c + 6) × 12 of 28 × 28; sides are 0.36 to 0.46 of the picture; a
    // third stays visible.
    for (int c = 0; c < 9; ++c) {
      EXPECT_GE(Area(picture.masks[c]), 0.8 / 3 * (c + 6) * 12 * std::pow(0.36 * 64 / 28, 2))
          << seed << ", " << c;
    }
  }
}

TEST_F(PictureTest, AMaskCoversItsColorAndNothingElse) {
  // Blue on a pale ground: blue minus red tells them apart.
  const Picture picture = Draw({{8, 5}}, 5);
  const Mask& mask = picture.masks[0];
  int64_t wrong = 0;
  for (size_t pixel = 0; pixel < mask.on.size(); ++pixel) {
    const bool blue = picture.image.rgb[3 * pixel + 2] - picture.image.rgb[3 * pixel] > 60;
    wrong += blue != (mask.on[pixel] == 1);
  }
  EXPECT_GT(Area(mask), 90);
  EXPECT_LT(wrong, 0.15 * Area(mask)) << "only the soft edge may differ";
}

// Area of the smallest upright box around the mask.
int64_t BoxArea(const Mask& mask) {
  int left = mask.width, right = -1, top = mask.height, bottom = -1;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.on[y * mask.width + x] == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  return int64_t{right - left + 1} * (bottom - top + 1);
}

TEST_F(PictureTest, LaterPiecesCoverEarlierOnes) {
  // Garments that fill their photo are larger than a cell of the grid: neighbours overlap.
  std::string pixels = PixelFile(30, 60);
  std::fill(pixels.begin() + 16, pixels.end(), '\x80');
  WriteGz(folder_ / "train-images-idx3-ubyte.gz", pixels);
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet full,
                          GarmentSet::Load(folder_.path(), GarmentPart::kTrain));
  int covered = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const std::vector<OutfitPiece> outfit = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {6, 5}};
    LB_ASSERT_OK_AND_ASSIGN(const Picture picture, DrawPicture(outfit, full, 64, &random));
    EXPECT_EQ(Area(picture.masks.back()), BoxArea(picture.masks.back()))
        << "nothing lies on the last";
    covered += Area(picture.masks.front()) < 23 * 23;
  }
  EXPECT_GT(covered, 25);
}

TEST_F(PictureTest, OpenCvRefusalBecomesAStatus) {
  Random random(1);
  EXPECT_THAT(DrawPicture({{0, 0}}, *garments_, 1, &random), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace lookbook
