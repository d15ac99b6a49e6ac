#include "server/pipeline/batch_runner.h"

#include <limits>

#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/compute_for.h"
#include "tests/support/fake_embedder.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Batches made by hand and run on this thread.
class BatchRunnerTest : public PipelineTest {
 protected:
  struct Made {
    InFlightPtr item;
    std::shared_ptr<Pending> pending;
    Image pixels;
  };

  // An image that is decoded already; the seed makes its pixels.
  Made Image(uint32_t seed, const TestBundleParts& parts) {
    const int size = parts.bundle->preprocess.size;
    Made made = Wrap(ImageQuery(""), parts);
    made.pixels = NoisyImage(size, size, seed);
    made.item->pixels = made.pixels;
    return made;
  }
  Made Image(uint32_t seed) { return Image(seed, parts_); }

  Made Vector(std::vector<float> unit) {
    Made made = Wrap(VectorQuery(unit), parts_);
    made.item->result.embedding = std::move(unit);
    return made;
  }

  Made Wrap(Query query, const TestBundleParts& parts) {
    Made made;
    made.pending = std::make_shared<Pending>();
    made.item =
        std::make_shared<InFlight>(std::move(query), Pending::Done(made.pending), &context_);
    made.item->result.bundle = parts.bundle;
    made.item->queued = clock_.Now();
    return made;
  }

  // The fixture's bundle with another model, and with images of another size unless `size` is 0.
  TestBundleParts PartsWith(std::unique_ptr<Embedder> embedder, int size = 0,
                            bool on_device = false) {
    auto bundle = std::make_shared<Bundle>();
    bundle->preprocess = parts_.bundle->preprocess;
    if (size > 0) bundle->preprocess.size = size;
    bundle->model_on_device = on_device;
    bundle->embedder = std::move(embedder);
    bundle->index = std::make_unique<FakeIndex>(8, parts_.vectors);
    return {.bundle = bundle};
  }

  // The runner gets the only references, as from the batcher.
  void Run(std::vector<Made>& batch) {
    std::vector<InFlightPtr> items;
    for (Made& made : batch) items.push_back(std::move(made.item));
    runner_.Run(std::move(items));
    for (const Made& made : batch) EXPECT_EQ(made.pending->calls(), 1);
  }

  // The right answer to an image that was decoded by hand.
  void ExpectAnswered(const Made& made, const TestBundleParts& parts) {
    const auto& answer = made.pending->Wait();
    ASSERT_THAT(answer, IsOk());
    std::vector<float> tensor(parts.bundle->preprocess.TensorSize());
    Normalize(made.pixels, parts.bundle->preprocess, absl::MakeSpan(tensor));
    const SteppedAnswer expected = AnswerOf(tensor, parts.bundle->embedder->shape());
    EXPECT_EQ(answer->embedding, expected.embedding);
    EXPECT_EQ(answer->scores, expected.scores);
    EXPECT_EQ(answer->attribute_scores, expected.attribute_scores);
    EXPECT_EQ(answer->bundle, parts.bundle);
    ExpectSameNeighbors(answer->neighbors, BruteForce(parts, expected.embedding, 10));
  }

  // Fails every call whose images include that of `made`.
  static SteppedEmbedder::Hook FailOn(const Made& made, const PreprocessSpec& spec,
                                      absl::Status status) {
    std::vector<float> bad(spec.TensorSize());
    Normalize(made.pixels, spec, absl::MakeSpan(bad));
    return [bad, status](absl::Span<const float> images, int n) {
      for (int i = 0; i < n; ++i) {
        if (images.subspan(i * bad.size(), bad.size()) == absl::MakeConstSpan(bad)) return status;
      }
      return absl::OkStatus();
    };
  }

  BundleMetrics& bundle_metrics_ = metrics_.bundle(kName);
  QueuePlaces places_{64, bundle_metrics_.queue_depth};
  Inside inside_;
  WaitEstimator estimator_{1, 1};
  const QueryContext context_{&metrics_, &clock_, &places_, &inside_, &estimator_};
  BatchRunner runner_{kName, &bundle_metrics_, &context_};
};

TEST_F(BatchRunnerTest, EmbedsImagesTogetherAndSearchesAllTogether) {
  std::vector<Made> batch = {Image(1), Vector({1, 0, 0, 0, 0, 0, 0, 0}), Image(2), Image(3)};
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(3));
  EXPECT_THAT(parts_.index->batches(), ElementsAre(4));
  for (const size_t i : {0, 2, 3}) ExpectAnswered(batch[i], parts_);
  ASSERT_THAT(batch[1].pending->Wait(), IsOk());
  for (const Made& made : batch) EXPECT_EQ(made.pending->Wait()->batch, 4);
  EXPECT_THAT(batch[1].pending->Wait()->scores, IsEmpty()) << "only images have scores";
  ExpectSameNeighbors(batch[1].pending->Wait()->neighbors,
                      BruteForce(parts_, {1, 0, 0, 0, 0, 0, 0, 0}, 10));
}

TEST_F(BatchRunnerTest, EachImageGetsItsOwnAttributeScoresWhereTheModelHasThem) {
  const TestBundleParts scoring = MakeBundle({.scores_attributes = true});
  std::vector<Made> batch = {Image(1, scoring), Image(2, scoring), Image(3)};
  Run(batch);
  for (const size_t i : {0, 1}) {
    ExpectAnswered(batch[i], scoring);
    EXPECT_THAT(batch[i].pending->Wait()->attribute_scores, SizeIs(3));
  }
  EXPECT_NE(batch[0].pending->Wait()->attribute_scores, batch[1].pending->Wait()->attribute_scores);
  EXPECT_THAT(batch[2].pending->Wait()->attribute_scores, IsEmpty()) << "a bundle without them";
}

TEST_F(BatchRunnerTest, AModelThatTakesPixelsGetsThemAsTheyAre) {
  parts_.embedder->TakePixels();
  std::vector<Made> batch = {Image(1), Image(2), Image(3)};
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(3));
  for (const Made& made : batch) {
    const auto& answer = made.pending->Wait();
    ASSERT_THAT(answer, IsOk());
    const std::vector<float> values(made.pixels.rgb.begin(), made.pixels.rgb.end());
    EXPECT_EQ(answer->embedding, AnswerOf(values, parts_.embedder->shape()).embedding);
  }
}

TEST_F(BatchRunnerTest, CountsEmbeddingsWhereTheyAreMade) {
  ServerMetrics metrics({"m"}, "other");
  BundleMetrics& counted = metrics.bundle("m");
  for (const bool on_device : {true, false}) {
    const TestBundleParts parts =
        PartsWith(std::make_unique<SteppedEmbedder>(parts_.embedder->shape(), 8), 0, on_device);
    std::vector<Made> batch = {Image(1, parts), Image(2, parts)};
    BatchRunner runner("m", &counted, &context_);
    std::vector<InFlightPtr> items;
    for (Made& made : batch) items.push_back(std::move(made.item));
    runner.Run(std::move(items));
    EXPECT_EQ(counted.embeddings_on_device_total.Value(), 2);
    EXPECT_EQ(counted.embeddings_on_cpu_total.Value(), on_device ? 0 : 2);
  }
}

TEST_F(BatchRunnerTest, CountsWhatRan) {
  std::vector<Made> batch = {Image(1), Image(2), Image(3), Vector({1, 0, 0, 0, 0, 0, 0, 0})};
  clock_.Advance(absl::Seconds(2));
  Run(batch);
  EXPECT_EQ(bundle_metrics_.embeddings_on_cpu_total.Value(), 3);
  EXPECT_EQ(bundle_metrics_.batch_padding_total.Value(), 1)
      << "three images run in a bucket of four";
  EXPECT_EQ(bundle_metrics_.search_queries_total[static_cast<size_t>(SearchKind::kFlat)].Value(),
            4);
  EXPECT_EQ(bundle_metrics_.top1_similarity.Count(), 4u);
  EXPECT_EQ(bundle_metrics_.batches_ok.Value(), 1);
  EXPECT_EQ(bundle_metrics_.batches_failed.Value(), 0);
  EXPECT_EQ(Metric("lookbook_batch_size_sum{bundle=\"test\"}"), 4);
  EXPECT_EQ(Metric("lookbook_batch_wait_seconds_sum{bundle=\"test\"}"), 2);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_sum{stage=\"queue\"}"), 8);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"embed\"}"), 3);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"preprocess\"}"), 3);
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"search\"}"), 4);
}

TEST_F(BatchRunnerTest, AnotherBundlesItemsRunInABatchOfTheirOwn) {
  const TestBundleParts other = MakeBundle({.seed = 9, .image_size = 32});
  std::vector<Made> batch = {Image(1), Image(1, other), Image(2), Image(2, other)};
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(2));
  EXPECT_THAT(other.embedder->batches(), ElementsAre(2));
  EXPECT_THAT(parts_.index->batches(), ElementsAre(2));
  EXPECT_THAT(other.index->batches(), ElementsAre(2));
  for (const size_t i : {0, 2}) ExpectAnswered(batch[i], parts_);
  for (const size_t i : {1, 3}) ExpectAnswered(batch[i], other);
}

TEST_F(BatchRunnerTest, MoreImagesThanTheModelTakesAreEmbeddedInParts) {
  const TestBundleParts small = MakeBundle({}, /*max_batch=*/3);
  std::vector<Made> batch;
  for (uint32_t i = 0; i < 7; ++i) batch.push_back(Image(i, small));
  Run(batch);
  EXPECT_THAT(small.embedder->batches(), ElementsAre(3, 3, 1));
  EXPECT_THAT(small.index->batches(), ElementsAre(7));
  for (const Made& made : batch) ExpectAnswered(made, small);
  EXPECT_EQ(bundle_metrics_.batch_padding_total.Value(), 0) << "3 is the largest bucket";
}

TEST_F(BatchRunnerTest, OneBadImageFailsAlone) {
  std::vector<Made> batch = {Image(1), Image(2), Image(3)};
  parts_.embedder->SetHook(
      FailOn(batch[1], parts_.bundle->preprocess, absl::InternalError("the model failed")));
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(3, 1, 1, 1));
  ExpectAnswered(batch[0], parts_);
  EXPECT_THAT(batch[1].pending->Wait(), StatusIs(absl::StatusCode::kInternal, "the model failed"));
  ExpectAnswered(batch[2], parts_);
  EXPECT_EQ(bundle_metrics_.batches_failed.Value(), 1);
  EXPECT_EQ(bundle_metrics_.batches_ok.Value(), 0);
  EXPECT_EQ(Metric("lookbook_embedding_failures_total{cause=\"model\"}"), 1);
}

TEST_F(BatchRunnerTest, AModelThatAlwaysFailsIsTriedTwiceAnImage) {
  std::vector<Made> batch = {Image(1), Image(2)};
  parts_.embedder->SetHook([](auto, int) { return absl::InternalError("the model failed"); });
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(2, 1, 1));
  for (const Made& made : batch) {
    EXPECT_THAT(made.pending->Wait(), StatusIs(absl::StatusCode::kInternal));
  }
  EXPECT_THAT(parts_.index->batches(), IsEmpty());
}

TEST_F(BatchRunnerTest, ASingleFailureIsNotTriedAgain) {
  std::vector<Made> batch = {Image(1)};
  parts_.embedder->SetHook([](auto, int) { return absl::InternalError("the model failed"); });
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(1));
}

TEST_F(BatchRunnerTest, ShortOfMemoryTheBatchIsHalvedOnce) {
  std::vector<Made> batch;
  for (uint32_t i = 0; i < 5; ++i) batch.push_back(Image(i));
  parts_.embedder->SetHook([](auto, int n) {
    return n > 2 ? absl::ResourceExhaustedError("out of memory") : absl::OkStatus();
  });
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(5, 3, 2));
  for (const size_t i : {0, 1, 2}) {
    EXPECT_THAT(batch[i].pending->Wait(), StatusIs(absl::StatusCode::kResourceExhausted));
  }
  for (const size_t i : {3, 4}) ExpectAnswered(batch[i], parts_);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"memory\"}"), 3);
  EXPECT_EQ(Metric("lookbook_embedding_failures_total{cause=\"memory\"}"), 3);
  EXPECT_EQ(Metric("lookbook_embedding_failures_total{cause=\"model\"}"), 0);
}

TEST_F(BatchRunnerTest, AModelThatThrowsOutOfItsContractFailsItsBatchOnly) {
  std::vector<Made> batch = {Image(1), Vector({1, 0, 0, 0, 0, 0, 0, 0})};
  parts_.embedder->SetHook([](auto, int) -> absl::Status { throw std::bad_alloc(); });
  Run(batch);
  EXPECT_THAT(batch[0].pending->Wait(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(batch[1].pending->Wait(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(bundle_metrics_.batches_failed.Value(), 1);
}

TEST_F(BatchRunnerTest, AFailedSearchIsRetriedSingly) {
  std::vector<Made> batch = {Image(1), Image(2)};
  parts_.index->FailWith(absl::InternalError("the index failed"));
  Run(batch);
  EXPECT_THAT(parts_.index->batches(), ElementsAre(2, 1, 1));
  for (const Made& made : batch) {
    EXPECT_THAT(made.pending->Wait(), StatusIs(absl::StatusCode::kInternal, "the index failed"));
  }
  EXPECT_EQ(Metric("lookbook_embedding_failures_total{cause=\"model\"}"), 0);
}

// A model that computes for 20 ms, however large its batch.
class BusyEmbedder : public FakeEmbedder {
 public:
  using FakeEmbedder::FakeEmbedder;
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    ComputeFor(absl::Milliseconds(20));
    return FakeEmbedder::Embed(images);
  }
};

TEST_F(BatchRunnerTest, WhatABatchComputesCountsOnceAndForItsStage) {
  const TestBundleParts busy =
      PartsWith(std::make_unique<BusyEmbedder>(parts_.bundle->embedder->shape()));
  std::vector<Made> batch = {Image(1, busy), Image(2, busy), Image(3, busy)};
  Run(batch);
  const auto cpu = [this](const std::string& stage) {
    return Metric("lookbook_stage_cpu_seconds_total{stage=\"" + stage + "\"}");
  };
  EXPECT_GE(cpu("embed"), 0.020);
  EXPECT_LT(cpu("embed"), 0.040);
  for (const char* stage : {"preprocess", "search"}) {
    EXPECT_GT(cpu(stage), 0) << stage;
    EXPECT_LT(cpu(stage), 0.020) << stage;
  }
}

// A model whose embedding of one image is not a unit vector.
class BrokenEmbedder : public Embedder {
 public:
  BrokenEmbedder(ModelShape shape, float value) : shape_(shape), value_(value) {}
  const ModelShape& shape() const override { return shape_; }
  int MaxBatch() const override { return 8; }
  absl::Status WarmUp() const override { return absl::OkStatus(); }
  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    Embeddings result;
    result.n = static_cast<int64_t>(images.size()) / (3 * shape_.image_size * shape_.image_size);
    result.vectors.assign(result.n * shape_.dim, 0.0f);
    for (int64_t i = 0; i < result.n; ++i) result.vectors[i * shape_.dim] = i == 1 ? value_ : 1.0f;
    result.scores.assign(result.n * shape_.classes, 0.5f);
    return result;
  }

 private:
  const ModelShape shape_;
  const float value_;
};

TEST_F(BatchRunnerTest, AnEmbeddingThatIsNoUnitVectorFailsItsImageOnly) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), 0.0f, 2.0f}) {
    const TestBundleParts broken =
        PartsWith(std::make_unique<BrokenEmbedder>(parts_.bundle->embedder->shape(), value));
    std::vector<Made> batch = {Image(1, broken), Image(2, broken), Image(3, broken)};
    Run(batch);
    EXPECT_THAT(batch[0].pending->Wait(), IsOk());
    EXPECT_THAT(batch[1].pending->Wait(),
                StatusIs(absl::StatusCode::kInternal, HasSubstr("embedding of length")));
    EXPECT_THAT(batch[2].pending->Wait(), IsOk());
  }
  EXPECT_EQ(Metric("lookbook_embedding_failures_total{cause=\"vector\"}"), 3);
}

TEST_F(BatchRunnerTest, AModelOfAnotherShapeIsAnInternalError) {
  const TestBundleParts broken =
      PartsWith(std::make_unique<BrokenEmbedder>(parts_.bundle->embedder->shape(), 1.0f),
                32);  // Four times the pixels: the model sees four images for one.
  std::vector<Made> batch = {Image(1, broken)};
  Run(batch);
  EXPECT_THAT(batch[0].pending->Wait(),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("answered 1 images")));
}

TEST_F(BatchRunnerTest, AModelWithoutThePromisedAttributeScoresIsAnInternalError) {
  ModelShape shape = parts_.bundle->embedder->shape();
  shape.attributes = 3;
  const TestBundleParts broken =
      PartsWith(std::make_unique<BrokenEmbedder>(shape, 1.0f));  // It gives none.
  std::vector<Made> batch = {Image(1, broken)};
  Run(batch);
  EXPECT_THAT(batch[0].pending->Wait(),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("and 0 attribute scores")));
}

TEST_F(BatchRunnerTest, WhoIsCancelledDuringEmbeddingIsNotSearched) {
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  std::vector<Made> batch = {Image(1), Image(2)};
  batch[0].item->query.cancelled = cancelled;
  parts_.embedder->SetHook([cancelled](auto, int) {
    *cancelled = true;
    return absl::OkStatus();
  });
  Run(batch);
  EXPECT_THAT(batch[0].pending->Wait(),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("search")));
  ExpectAnswered(batch[1], parts_);
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1));
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"search\"}"), 1);
}

TEST_F(BatchRunnerTest, WhoseDeadlineComesDuringEmbeddingIsNotSearched) {
  std::vector<Made> batch = {Image(1), Image(2)};
  batch[1].item->query.deadline = clock_.Now() + absl::Seconds(1);
  parts_.embedder->SetHook([this](auto, int) {
    clock_.Advance(absl::Seconds(1));
    return absl::OkStatus();
  });
  Run(batch);
  ExpectAnswered(batch[0], parts_);
  EXPECT_THAT(batch[1].pending->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1));
}

TEST_F(BatchRunnerTest, WhoIsCancelledBeforeEmbeddingIsNotEmbedded) {
  std::vector<Made> batch = {Image(1), Image(2)};
  batch[0].item->query.cancelled = std::make_shared<std::atomic<bool>>(true);
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(1));
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"embed\"}"), 1);
}

TEST_F(BatchRunnerTest, TheDeadDoNotComeBackInARetry) {
  std::vector<Made> batch = {Image(1), Image(2)};
  batch[0].item->query.deadline = clock_.Now() + absl::Seconds(1);
  parts_.embedder->SetHook([this](auto, int n) {
    clock_.Advance(absl::Seconds(1));
    return n > 1 ? absl::InternalError("the model failed") : absl::OkStatus();
  });
  Run(batch);
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(2, 1));
  EXPECT_THAT(batch[0].pending->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  ExpectAnswered(batch[1], parts_);
}

TEST_F(BatchRunnerTest, StagesAreTimedByTheClock) {
  std::vector<Made> batch = {Image(1)};
  clock_.Advance(absl::Milliseconds(3));
  parts_.embedder->SetHook([this](auto, int) {
    clock_.Advance(absl::Milliseconds(7));
    return absl::OkStatus();
  });
  Run(batch);
  const StageSeconds& seconds = batch[0].pending->Wait()->seconds;
  EXPECT_DOUBLE_EQ(seconds.queue, 0.003);
  EXPECT_DOUBLE_EQ(seconds.embed, 0.007);
  EXPECT_DOUBLE_EQ(seconds.search, 0);
  EXPECT_DOUBLE_EQ(seconds.total, 0.010);
}

TEST_F(BatchRunnerTest, ARunningBatchHasLeftTheQueue) {
  std::vector<Made> batch = {Image(1), Image(2)};
  for (Made& made : batch) ASSERT_THAT(made.item->TakePlace(), IsOk());
  double depth_while_running = -1;
  parts_.embedder->SetHook([&](auto, int) {
    depth_while_running = bundle_metrics_.queue_depth.Value();
    return absl::OkStatus();
  });
  Run(batch);
  EXPECT_EQ(depth_while_running, 0);
}

}  // namespace
}  // namespace lookbook
