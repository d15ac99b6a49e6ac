#include "models/explore/label_pairs.h"

#include <algorithm>
#include <iterator>

#include "models/dataset/random.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

ImageRecord With(std::vector<int> classes) {
  ImageRecord image;
  image.classes = std::move(classes);
  return image;
}

// Over all pairs of images, one by one.
LabelPairs CountPlainly(const std::vector<ImageRecord>& images, int class_count) {
  LabelPairs out;
  out.images = static_cast<int64_t>(images.size());
  out.by_shared.assign(class_count + 1, 0);
  double jaccard = 0;
  for (size_t a = 0; a < images.size(); ++a) {
    bool none = false;
    int most = -1;
    for (size_t b = 0; b < images.size(); ++b) {
      if (a == b) continue;
      std::vector<int> both;
      std::set_intersection(images[a].classes.begin(), images[a].classes.end(),
                            images[b].classes.begin(), images[b].classes.end(),
                            std::back_inserter(both));
      const int shared = static_cast<int>(both.size());
      none |= shared == 0;
      most = std::max(most, shared);
      if (a > b) continue;
      ++out.by_shared[shared];
      const auto either = std::ssize(images[a].classes) + std::ssize(images[b].classes) - shared;
      if (either > 0) jaccard += static_cast<double>(shared) / either;
    }
    out.with_none += none;
    for (int k = 0; k < 4; ++k) out.with_above[k] += most > k;
    out.with_both += none && most > 3;
  }
  if (out.pairs() > 0) out.mean_jaccard = jaccard / out.pairs();
  return out;
}

TEST(LabelPairsTest, AgreesWithAllPairsOneByOne) {
  Random random(5);
  for (int run = 0; run < 40; ++run) {
    const int classes = run % 2 == 0 ? 7 : 130;  // One word of bits, and three.
    std::vector<ImageRecord> images;
    for (uint64_t i = random.Below(60); i > 0; --i) {
      std::vector<int> columns;
      for (int c = 0; c < classes; ++c) {
        if (random.Chance(run % 2 == 0 ? 0.5 : 0.04)) columns.push_back(c);
      }
      images.push_back(With(columns));
    }
    const LabelPairs wanted = CountPlainly(images, classes);
    const LabelPairs pairs = CountLabelPairs(images, classes);
    EXPECT_EQ(pairs.by_shared, wanted.by_shared);
    EXPECT_NEAR(pairs.mean_jaccard, wanted.mean_jaccard, 1e-12);
    EXPECT_EQ(pairs.with_none, wanted.with_none);
    EXPECT_EQ(pairs.with_both, wanted.with_both);
    for (int k = 0; k < 4; ++k) EXPECT_EQ(pairs.with_above[k], wanted.with_above[k]) << k;
  }
}

TEST(LabelPairsTest, NamesTheCommonestSet) {
  const LabelPairs pairs = CountLabelPairs({With({0}), With({1, 2}), With({1, 2})}, 3);
  EXPECT_EQ(pairs.label_sets, 2);
  EXPECT_EQ(pairs.commonest_images, 2);
  EXPECT_THAT(pairs.commonest, ElementsAre(1, 2));
  EXPECT_THAT(pairs.by_shared, ElementsAre(2, 0, 1, 0));
  EXPECT_EQ(pairs.PairsAbove(0), 1);
  EXPECT_EQ(pairs.PairsAbove(2), 0);
  EXPECT_NEAR(pairs.Share(2), 2.0 / 3, 1e-12);
}

TEST(LabelPairsTest, AnImageIsNoPartnerOfItself) {
  const LabelPairs pairs = CountLabelPairs({With({0, 1, 2, 3}), With({4})}, 5);
  EXPECT_EQ(pairs.with_above[3], 0);
  EXPECT_EQ(pairs.with_none, 2);
  EXPECT_EQ(pairs.with_both, 0);
}

TEST(LabelPairsTest, TooFewImagesHaveNoPairs) {
  EXPECT_EQ(CountLabelPairs({}, 3).pairs(), 0);
  const LabelPairs one = CountLabelPairs({With({1})}, 3);
  EXPECT_EQ(one.pairs(), 0);
  EXPECT_EQ(one.Share(0), 0);
  EXPECT_EQ(one.mean_jaccard, 0);
  EXPECT_EQ(one.with_none, 0);
}

}  // namespace
}  // namespace lookbook
