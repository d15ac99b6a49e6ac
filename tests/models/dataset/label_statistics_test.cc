#include "models/dataset/label_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "models/dataset/random.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

std::vector<ImageRecord> Images(const std::vector<std::vector<int>>& classes) {
  std::vector<ImageRecord> images(classes.size());
  for (size_t i = 0; i < classes.size(); ++i) images[i].classes = classes[i];
  return images;
}

TEST(LabelStatisticsTest, CountsByHand) {
  std::vector<ImageRecord> images = Images({{0, 1, 2, 3}, {0, 1, 2, 3, 4}, {4}});
  images[0].attributes_known = true;
  const LabelStatistics statistics = MeasureLabels(images, 6);
  EXPECT_EQ(statistics.images, 3);
  EXPECT_DOUBLE_EQ(statistics.classes_per_image, 10.0 / 3);
  EXPECT_DOUBLE_EQ(statistics.attributes_known, 1.0 / 3);
  EXPECT_THAT(statistics.images_with, ElementsAre(2, 2, 2, 2, 2, 0));
  // Pairs: 4 shared of 5; none of 5; 1 of 5.
  EXPECT_DOUBLE_EQ(statistics.share_none, 1.0 / 3);
  EXPECT_DOUBLE_EQ(statistics.share_above_2, 1.0 / 3);
  EXPECT_DOUBLE_EQ(statistics.share_above_3, 1.0 / 3);
  EXPECT_DOUBLE_EQ(statistics.mean_jaccard, (0.8 + 0 + 0.2) / 3);
}

TEST(LabelStatisticsTest, AgreesWithPlainSetsBeyond64Classes) {
  Random random(9);
  std::vector<std::vector<int>> classes(60);
  for (auto& list : classes) {
    for (int c = 0; c < 150; ++c) {
      if (random.Chance(0.02)) list.push_back(c);
    }
  }
  double none = 0, above_2 = 0, jaccard = 0, pairs = 0;
  for (size_t a = 0; a < classes.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      std::vector<int> both, either;
      std::set_intersection(classes[a].begin(), classes[a].end(), classes[b].begin(),
                            classes[b].end(), std::back_inserter(both));
      std::set_union(classes[a].begin(), classes[a].end(), classes[b].begin(), classes[b].end(),
                     std::back_inserter(either));
      none += both.empty();
      above_2 += both.size() > 2;
      if (!either.empty()) jaccard += static_cast<double>(both.size()) / either.size();
      ++pairs;
    }
  }
  const LabelStatistics statistics = MeasureLabels(Images(classes), 150);
  EXPECT_DOUBLE_EQ(statistics.share_none, none / pairs);
  EXPECT_DOUBLE_EQ(statistics.share_above_2, above_2 / pairs);
  EXPECT_NEAR(statistics.mean_jaccard, jaccard / pairs, 1e-12);
}

TEST(LabelStatisticsTest, PairsComeFromASampleSpreadOverTheSet) {
  // Even rows have class 0, odd rows class 1: every second row is alike.
  std::vector<std::vector<int>> classes(1000);
  for (int i = 0; i < 1000; ++i) classes[i] = {i % 2};
  EXPECT_NEAR(MeasureLabels(Images(classes), 2).share_none, 0.5, 0.01);
  EXPECT_EQ(MeasureLabels(Images(classes), 2, 500).share_none, 0);  // A stride of 2.
  EXPECT_EQ(MeasureLabels(Images(classes), 2, 500).images_with[1], 500);
}

TEST(LabelStatisticsTest, EmptyAndSingleSetsAreZeros) {
  EXPECT_EQ(MeasureLabels({}, 3).images, 0);
  const LabelStatistics statistics = MeasureLabels(Images({{1}}), 3);
  EXPECT_EQ(statistics.classes_per_image, 1);
  EXPECT_EQ(statistics.mean_jaccard, 0);
}

}  // namespace
}  // namespace lookbook
