#include "models/dataset/pair_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/dataset/random.h"

namespace lookbook {
namespace {

using ::testing::Each;
using ::testing::Le;

// 70 classes, so that a label set takes two words.
FashionData RandomSet(int images) {
  FashionData data;
  for (uint32_t c = 0; c < 70; ++c) data.labels.classes.push_back({c, "c", ""});
  Random random(3);
  for (int i = 0; i < images; ++i) {
    ImageRecord record;
    std::set<int> classes;
    // Few common classes, many rare ones.
    while (classes.size() < 3)
      classes.insert(static_cast<int>(random.Below(random.Chance(0.8) ? 8 : 70)));
    record.classes.assign(classes.begin(), classes.end());
    data.images.push_back(record);
  }
  return data;
}

std::vector<int64_t> Rows(int count) {
  std::vector<int64_t> rows;
  for (int i = 0; i < count; ++i) rows.push_back(count - 1 - i);
  return rows;
}

int Shared(const FashionData& data, int64_t a, int64_t b) {
  std::vector<int> both;
  std::set_intersection(data.images[a].classes.begin(), data.images[a].classes.end(),
                        data.images[b].classes.begin(), data.images[b].classes.end(),
                        std::back_inserter(both));
  return static_cast<int>(both.size());
}

// Pairs of a batch that share all three labels.
double PairsPerBatch(const FashionData& data, const std::vector<int64_t>& order, int batch) {
  int pairs = 0;
  for (size_t start = 0; start < order.size(); start += batch) {
    for (int i = 0; i < batch; ++i) {
      for (int j = i + 1; j < batch; ++j)
        pairs += Shared(data, order[start + i], order[start + j]) > 2;
    }
  }
  return pairs / (static_cast<double>(order.size()) / batch);
}

const PairSamplerOptions kOptions = {
    .batch_size = 16, .partners = 3, .positive_shared = 2, .positive_jaccard = 0.9};

TEST(PairSamplerTest, EveryBatchHasThePairsItsSeedsCanHave) {
  const FashionData data = RandomSet(400);
  const PairSampler sampler(data, Rows(400), kOptions);
  const std::vector<int64_t> order = sampler.Order(0);
  ASSERT_EQ(order.size(), 400u);
  Random random(1);
  std::vector<int64_t> shuffled = Rows(400);
  random.Shuffle(&shuffled);
  // Four seeds, each with up to three partners; not every image has one.
  EXPECT_GT(PairsPerBatch(data, order, 16), 4 * PairsPerBatch(data, shuffled, 16));
  EXPECT_GE(PairsPerBatch(data, order, 16), 6);
}

TEST(PairSamplerTest, NoImageTwiceInABatchAndOnlyGivenRows) {
  const FashionData data = RandomSet(100);
  std::vector<int64_t> even;
  for (int64_t i = 0; i < 100; i += 2) even.push_back(i);
  const std::vector<int64_t> order = PairSampler(data, even, kOptions).Order(3);
  ASSERT_EQ(order.size(), 48u) << "three whole batches of sixteen";
  for (size_t start = 0; start < order.size(); start += 16) {
    const std::set<int64_t> batch(order.begin() + start, order.begin() + start + 16);
    EXPECT_EQ(batch.size(), 16u);
    for (const int64_t row : batch) EXPECT_EQ(row % 2, 0);
  }
}

TEST(PairSamplerTest, SameSeedAndEpochSameOrder) {
  const FashionData data = RandomSet(100);
  const PairSampler a(data, Rows(100), kOptions), b(data, Rows(100), kOptions);
  PairSamplerOptions other = kOptions;
  other.seed = 8;
  EXPECT_EQ(a.Order(5), b.Order(5));
  EXPECT_NE(a.Order(5), a.Order(6));
  EXPECT_NE(a.Order(5), PairSampler(data, Rows(100), other).Order(5));
}

TEST(PairSamplerTest, RareLabelsAreMetMoreOftenThanTheyOccur) {
  FashionData data;
  for (uint32_t c = 0; c < 2; ++c) data.labels.classes.push_back({c, "c", ""});
  for (int i = 0; i < 1000; ++i) {
    ImageRecord record;
    record.classes = {i < 10 ? 1 : 0};
    data.images.push_back(record);
  }
  std::map<int, int> met;
  const PairSampler sampler(data, Rows(1000), {.batch_size = 8, .partners = 1});
  for (const int64_t row : sampler.Order(0)) ++met[data.images[row].classes[0]];
  EXPECT_GT(met[1], 30);  // 10 of 1,000 occur; sqrt(10) / (sqrt(10) + sqrt(990)) of the seeds.
}

TEST(PairSamplerTest, ImagesWithoutPartnersOrLabelsStillFillBatches) {
  FashionData data;
  data.labels.classes.push_back({0, "c", ""});
  data.images.resize(20);
  const std::vector<int64_t> order = PairSampler(data, Rows(20), kOptions).Order(0);
  EXPECT_EQ(order.size(), 16u);
  EXPECT_THAT(order, Each(Le(19)));
}

}  // namespace
}  // namespace lookbook
