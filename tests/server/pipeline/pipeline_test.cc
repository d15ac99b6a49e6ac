// The path that goes well. pipeline_*_test.cc are about one kind of failure each.
#include "server/pipeline/pipeline.h"

#include <algorithm>
#include <latch>
#include <random>

#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool Has(const std::vector<uint32_t>& ids, uint32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

TEST_F(PipelineTest, WaitingForADecodeThreadIsTimeInTheQueue) {
  Start();
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto pending = Submit(ImageQuery(jpeg_));
  clock_.Advance(absl::Seconds(3));
  gate.Open();
  ASSERT_THAT(pending->Wait(), IsOk());
  EXPECT_EQ(pending->Wait()->seconds.queue, 3);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_sum{stage=\"queue\"}"), 3);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"queue\"}"), 1);
  EXPECT_EQ(Metric("lookbook_batch_wait_seconds_sum{bundle=\"test\"}"), 0)
      << "it did not wait for its batch";
}

TEST_F(PipelineTest, AnImageGetsItsEmbeddingScoresAndNeighbours) {
  Start();
  const std::string png = MakePng(NoisyImage(40, 64));
  for (const std::string& image : {jpeg_, png}) {
    const auto pending = Submit(ImageQuery(image));
    const auto& answer = pending->Wait();
    ASSERT_THAT(answer, IsOk());
    const SteppedAnswer expected = Expected(parts_, image);
    EXPECT_EQ(answer->embedding, expected.embedding);
    EXPECT_EQ(answer->scores, expected.scores);
    EXPECT_EQ(answer->bundle, parts_.bundle);
    EXPECT_THAT(answer->warnings, IsEmpty());
    ExpectSameNeighbors(answer->neighbors, BruteForce(parts_, expected.embedding, 10));
  }
}

TEST_F(PipelineTest, AJpegWithoutItsEndIsServedWithAWarning) {
  Start();
  const std::string cut = WithoutEoi(jpeg_);
  const auto pending = Submit(ImageQuery(cut));
  ASSERT_THAT(pending->Wait(), IsOk());
  EXPECT_THAT(pending->Wait()->warnings, ElementsAre("missing_eoi"));
}

TEST_F(PipelineTest, AVectorIsNormalisedAndSearched) {
  Start();
  std::mt19937_64 random(3);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> unit = RandomUnitVectors(1, 8, &random);
    std::vector<float> scaled = unit;
    for (float& value : scaled) value *= 17;
    Query query = VectorQuery(scaled);
    query.top_k = 1 + 2 * i;
    const auto pending = Submit(std::move(query));
    ASSERT_THAT(pending->Wait(), IsOk());
    ExpectSameNeighbors(pending->Wait()->neighbors, BruteForce(parts_, unit, 1 + 2 * i));
    for (int j = 0; j < 8; ++j) EXPECT_NEAR(pending->Wait()->embedding[j], unit[j], 1e-6);
    EXPECT_THAT(pending->Wait()->scores, IsEmpty());
  }
  EXPECT_THAT(parts_.embedder->batches(), IsEmpty());
}

TEST_F(PipelineTest, AnItemFindsItselfFirstUnlessExcluded) {
  Start();
  const std::vector<float> stored(parts_.vectors.begin() + 5 * 8, parts_.vectors.begin() + 6 * 8);
  Query query = ItemQuery("item-5");
  const auto with_self = Submit(query);
  query.exclude_self = true;
  const auto without_self = Submit(query);

  ASSERT_THAT(with_self->Wait(), IsOk());
  EXPECT_EQ(with_self->Wait()->neighbors[0].row, 5);
  EXPECT_NEAR(with_self->Wait()->neighbors[0].similarity, 1, 1e-6);
  ExpectSameNeighbors(with_self->Wait()->neighbors, BruteForce(parts_, stored, 10));
  ASSERT_THAT(without_self->Wait(), IsOk());
  ExpectSameNeighbors(
      without_self->Wait()->neighbors,
      BruteForce(parts_, stored, 10, [](const Item& item) { return item.id != "item-5"; }));
}

TEST_F(PipelineTest, ExcludeSelfMeansNothingToAVector) {
  Start();
  const std::vector<float> stored(parts_.vectors.begin() + 5 * 8, parts_.vectors.begin() + 6 * 8);
  Query query = VectorQuery(stored);
  query.exclude_self = true;
  const auto pending = Submit(std::move(query));
  ASSERT_THAT(pending->Wait(), IsOk());
  EXPECT_EQ(pending->Wait()->neighbors[0].row, 5);
}

TEST_F(PipelineTest, FiltersDecideWhoQualifies) {
  Start();
  const std::vector<float> vector(parts_.vectors.begin(), parts_.vectors.begin() + 8);
  Query query = VectorQuery(vector);
  query.top_k = 40;
  query.class_filter.any = {TestClassId(0), TestClassId(1)};
  query.class_filter.none = {TestClassId(2)};
  query.attribute_filter.all = {TestAttributeId(1)};
  const auto pending = Submit(std::move(query));
  const std::vector<Neighbor> expected = BruteForce(parts_, vector, 40, [](const Item& item) {
    return (Has(item.class_ids, TestClassId(0)) || Has(item.class_ids, TestClassId(1))) &&
           !Has(item.class_ids, TestClassId(2)) && Has(item.attribute_ids, TestAttributeId(1));
  });
  ASSERT_FALSE(expected.empty());
  ASSERT_LT(expected.size(), 40u);
  ASSERT_THAT(pending->Wait(), IsOk());
  ExpectSameNeighbors(pending->Wait()->neighbors, expected);
}

TEST_F(PipelineTest, MinSimilarityLeavesOutTheRest) {
  Start();
  const std::vector<float> vector(parts_.vectors.begin(), parts_.vectors.begin() + 8);
  Query query = VectorQuery(vector);
  query.top_k = 40;
  query.min_similarity = 0.25f;
  const auto pending = Submit(std::move(query));
  std::vector<Neighbor> expected = BruteForce(parts_, vector, 40);
  std::erase_if(expected, [](const Neighbor& n) { return n.similarity < 0.25f; });
  ASSERT_THAT(pending->Wait(), IsOk());
  ExpectSameNeighbors(pending->Wait()->neighbors, expected);
}

// Misses the nearest item, except in exact searches, which wait for `exact_may_begin`.
class HastyIndex : public FakeIndex {
 public:
  HastyIndex(int dim, std::vector<float> vectors, std::latch* exact_may_begin)
      : FakeIndex(dim, std::move(vectors)), exact_may_begin_(*exact_may_begin) {}

  std::string search() const override { return "nprobe=1"; }
  absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const override {
    LB_ASSIGN_OR_RETURN(auto lists, FakeIndex::Search(queries, options));
    for (size_t i = 0; i < lists.size(); ++i) {
      if (options[i].exact) {
        exact_may_begin_.wait();
      } else {
        lists[i].erase(lists[i].begin());
      }
    }
    return lists;
  }

 private:
  std::latch& exact_may_begin_;
};

TEST_F(PipelineTest, RecallIsMeasuredWhileQueriesGoOn) {
  std::latch exact_may_begin(1);
  const ModelShape shape = parts_.bundle->embedder->shape();
  auto bundle = std::make_shared<Bundle>();
  bundle->id = "approximate";
  bundle->embedder = std::make_unique<SteppedEmbedder>(shape, 8);
  bundle->index = std::make_unique<HastyIndex>(shape.dim, parts_.vectors, &exact_may_begin);
  Start();  // One worker.
  pipeline_->SetBundle(bundle);
  const std::vector<float> vector(parts_.vectors.begin(), parts_.vectors.begin() + shape.dim);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Submit(VectorQuery(vector))->Wait(), IsOk()) << "none waits for an exact search";
  }
  exact_may_begin.count_down();
  pipeline_->Shutdown();
  EXPECT_DOUBLE_EQ(Metric("lookbook_recall_ratio{bundle=\"test\"}"), 0.9);
}

TEST_F(PipelineTest, WithoutSearchTheIndexIsLeftAlone) {
  Start();
  Query query = ImageQuery(jpeg_);
  query.search = false;
  query.top_k = 0;  // Not looked at.
  const auto pending = Submit(std::move(query));
  ASSERT_THAT(pending->Wait(), IsOk());
  EXPECT_EQ(pending->Wait()->embedding, Expected(parts_, jpeg_).embedding);
  EXPECT_THAT(pending->Wait()->scores, SizeIs(5));
  EXPECT_THAT(pending->Wait()->neighbors, IsEmpty());
  EXPECT_THAT(parts_.index->batches(), IsEmpty());
}

TEST_F(PipelineTest, WhatWaitsTogetherIsSearchedTogether) {
  Start();
  parts_.embedder->Hold();
  const auto first = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  std::vector<std::shared_ptr<Pending>> waiting;
  for (const char* id : {"item-1", "item-2", "item-3"}) waiting.push_back(Submit(ItemQuery(id)));
  parts_.embedder->Release();
  for (const auto& pending : waiting) ASSERT_THAT(pending->Wait(), IsOk());
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1, 3));
}

TEST_F(PipelineTest, TheTimeInTheQueueIsMeasured) {
  Start();
  parts_.embedder->Hold();
  const auto first = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  const auto second = Submit(ItemQuery("item-1"));
  clock_.Advance(absl::Milliseconds(40));
  parts_.embedder->Release();
  ASSERT_THAT(second->Wait(), IsOk());
  EXPECT_DOUBLE_EQ(second->Wait()->seconds.queue, 0.040);
  EXPECT_DOUBLE_EQ(second->Wait()->seconds.total, 0.040);
  ASSERT_THAT(first->Wait(), IsOk());
  EXPECT_DOUBLE_EQ(first->Wait()->seconds.queue, 0);
  EXPECT_DOUBLE_EQ(first->Wait()->seconds.embed, 0.040);
}

TEST_F(PipelineTest, GaugesComeBackToZero) {
  Start({.decode_threads = 2, .embed_workers = 2, .queue_capacity = 9});
  std::vector<std::shared_ptr<Pending>> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(Submit(ImageQuery(jpeg_)));
  for (const auto& pending : waiting) ASSERT_THAT(pending->Wait(), IsOk());
  pipeline_->Shutdown();
  EXPECT_EQ(Metric("lookbook_threads_busy{pool=\"embed\"}"), 0);
  EXPECT_EQ(Metric("lookbook_threads_busy{pool=\"decode\"}"), 0);
  BundleMetrics& bundle = metrics_.bundle(kName);
  EXPECT_EQ(bundle.queue_depth.Value(), 0);
  EXPECT_EQ(bundle.queue_oldest_age_seconds.Value(), 0);
  EXPECT_EQ(bundle.queue_capacity.Value(), 9);
}

TEST_F(PipelineTest, BadOptionsAreNamed) {
  EXPECT_THAT(Pipeline::Create(kName, {.max_batch = 64, .queue_capacity = 8}, &metrics_, &clock_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       std::string("batch.capacity 8 is below batch.max_size 64")));
  EXPECT_THAT(Pipeline::Create(kName, {.decode_threads = 0}, &metrics_, &clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("decode")));
  EXPECT_THAT(Pipeline::Create(kName, {.embed_workers = 0}, &metrics_, &clock_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("embed")));
}

}  // namespace
}  // namespace lookbook
