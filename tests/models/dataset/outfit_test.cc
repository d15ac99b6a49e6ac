#include "models/dataset/outfit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "models/dataset/label_statistics.h"

namespace lookbook {
namespace {

using ::testing::SizeIs;

std::vector<std::vector<OutfitPiece>> Draw(int count, int garments = 0) {
  std::vector<std::vector<OutfitPiece>> outfits;
  for (int i = 0; i < count; ++i) {
    Random random(MixSeed({7, static_cast<uint64_t>(i)}));
    outfits.push_back(DrawOutfit(garments, &random));
  }
  return outfits;
}

std::set<int> ClassesOf(const std::vector<OutfitPiece>& outfit) {
  std::set<int> classes;
  for (const OutfitPiece& piece : outfit) classes.insert(piece.garment_class);
  return classes;
}

TEST(OutfitTest, LabelsAreTenClassesAndEightColors) {
  const LabelSpace labels = OutfitLabels();
  ASSERT_THAT(labels.classes, SizeIs(10));
  ASSERT_THAT(labels.attributes, SizeIs(8));
  EXPECT_EQ(labels.classes[8].name, "Bag");
  EXPECT_EQ(labels.classes[8].id, 8u);
  EXPECT_EQ(labels.attributes[5].name, "blue");
}

// The figures of the set on which the recipes were measured.
TEST(OutfitTest, StatisticsAreThoseOfTheReferenceSet) {
  std::vector<ImageRecord> images;
  for (const auto& outfit : Draw(20000)) {
    const std::set<int> classes = ClassesOf(outfit);
    images.emplace_back().classes.assign(classes.begin(), classes.end());
  }
  const LabelStatistics statistics = MeasureLabels(images, 10);
  EXPECT_NEAR(statistics.classes_per_image, 2.57, 0.04);
  EXPECT_NEAR(statistics.share_none, 0.47, 0.015);
  EXPECT_NEAR(statistics.share_above_2, 0.038, 0.004);
  EXPECT_NEAR(statistics.share_above_3, 0.004, 0.001);
  EXPECT_NEAR(statistics.mean_jaccard, 0.19, 0.01);
  for (int64_t count : statistics.images_with) EXPECT_GT(count, 0.13 * 20000);
}

TEST(OutfitTest, SharesFollowTheGrammar) {
  double alone = 0, dresses = 0, bags = 0, shoes = 0, outfits = 0;
  for (const auto& outfit : Draw(20000)) {
    const std::set<int> classes = ClassesOf(outfit);
    if (classes.size() == 1 && *classes.begin() != 3 && *classes.begin() >= 5 &&
        *classes.begin() != 6) {
      ++alone;
      continue;
    }
    ++outfits;
    dresses += classes.contains(3);
    bags += classes.contains(8);
    shoes += classes.contains(5) || classes.contains(7) || classes.contains(9);
    const bool top =
        classes.contains(0) || classes.contains(2) || classes.contains(4) || classes.contains(6);
    EXPECT_NE(top, classes.contains(3)) << "a dress or a top, never both";
    EXPECT_LE(classes.contains(1), top) << "trousers come with a top";
  }
  EXPECT_NEAR(alone / 20000, 0.15, 0.01);
  EXPECT_NEAR(dresses / outfits, 0.30, 0.015);
  EXPECT_NEAR(shoes / outfits, 0.70, 0.015);
  EXPECT_NEAR(bags / outfits, 0.40, 0.015);
}

TEST(OutfitTest, NoClassComesTwiceAndColorsAreEven) {
  std::vector<int> colors(8, 0);
  int pieces = 0;
  for (const auto& outfit : Draw(5000)) {
    EXPECT_EQ(ClassesOf(outfit).size(), outfit.size());
    for (const OutfitPiece& piece : outfit) ++colors.at(piece.color);
    pieces += static_cast<int>(outfit.size());
  }
  for (int count : colors) EXPECT_NEAR(count, pieces / 8.0, 5 * std::sqrt(pieces / 8.0));
}

TEST(OutfitTest, TheNumberOfGarmentsCanBeAskedFor) {
  for (int garments = 1; garments <= 9; ++garments) {
    for (const auto& outfit : Draw(200, garments)) {
      EXPECT_THAT(outfit, SizeIs(garments));
      EXPECT_THAT(ClassesOf(outfit), SizeIs(garments));
    }
  }
}

}  // namespace
}  // namespace lookbook
