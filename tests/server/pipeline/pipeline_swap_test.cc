// A new bundle while queries are inside: each answer comes from one bundle, whole.
#include <thread>

#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

class PipelineSwapTest : public PipelineTest {
 protected:
  // Other items, other vectors, and a model that wants larger images.
  TestBundleParts next_ = MakeBundle({.items = 30, .seed = 77, .image_size = 32});

  void ExpectAnswerOf(const TestBundleParts& parts, const std::shared_ptr<Pending>& pending) {
    const auto& answer = pending->Wait();
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->bundle->id, parts.bundle->id);
    const SteppedAnswer expected = Expected(parts, jpeg_);
    EXPECT_EQ(answer->embedding, expected.embedding);
    EXPECT_EQ(answer->scores, expected.scores);
    ExpectSameNeighbors(answer->neighbors, BruteForce(parts, expected.embedding, 10));
  }
};

TEST_F(PipelineSwapTest, TheOldBundleComesBackAndTheNewOneServes) {
  Start();
  EXPECT_EQ(pipeline_->bundle(), parts_.bundle);
  EXPECT_EQ(pipeline_->SetBundle(next_.bundle), parts_.bundle);
  EXPECT_EQ(pipeline_->bundle(), next_.bundle);
  ExpectAnswerOf(next_, Submit(ImageQuery(jpeg_)));
  EXPECT_THAT(parts_.embedder->batches(), ::testing::IsEmpty());
}

TEST_F(PipelineSwapTest, AQueryStaysWithTheBundleItWasAdmittedWith) {
  Start();
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto before = Submit(ImageQuery(jpeg_));  // Not decoded yet.
  pipeline_->SetBundle(next_.bundle);
  const auto after = Submit(ImageQuery(jpeg_));
  gate.Open();
  ExpectAnswerOf(parts_, before);
  ExpectAnswerOf(next_, after);
}

TEST_F(PipelineSwapTest, QueriesOfTwoBundlesThatWaitTogetherDoNotMix) {
  Start();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  const auto before = Submit(ItemQuery("item-3"));
  pipeline_->SetBundle(next_.bundle);
  const auto after = Submit(ItemQuery("item-3"));
  parts_.embedder->Release();
  ExpectAnswerOf(parts_, running);
  ASSERT_THAT(before->Wait(), IsOk());
  ASSERT_THAT(after->Wait(), IsOk());
  EXPECT_EQ(before->Wait()->bundle, parts_.bundle);
  EXPECT_EQ(after->Wait()->bundle, next_.bundle);
  const auto row3 = [](const TestBundleParts& parts) {
    return std::vector<float>(parts.vectors.begin() + 24, parts.vectors.begin() + 32);
  };
  ExpectSameNeighbors(before->Wait()->neighbors, BruteForce(parts_, row3(parts_), 10));
  ExpectSameNeighbors(after->Wait()->neighbors, BruteForce(next_, row3(next_), 10));
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1, 1));
  EXPECT_THAT(next_.index->batches(), ElementsAre(1));
}

TEST_F(PipelineSwapTest, NobodyHoldsARetiredBundleOnceItsAnswersAreGone) {
  Start();
  {
    const auto pending = Submit(ImageQuery(jpeg_));
    ASSERT_THAT(pending->Wait(), IsOk());
  }
  std::weak_ptr<const Bundle> watch = parts_.bundle;
  parts_.bundle.reset();
  parts_.embedder = nullptr;
  auto old = pipeline_->SetBundle(next_.bundle);
  pipeline_->Shutdown();
  EXPECT_EQ(old.use_count(), 1);
  old.reset();
  EXPECT_TRUE(watch.expired());
}

TEST_F(PipelineSwapTest, ManySwapsUnderLoadNeverMixBundles) {
  Start({.decode_threads = 2, .embed_workers = 2, .queue_capacity = 64});
  constexpr int kQueries = 400;
  std::atomic<bool> stop{false};
  std::atomic<int> swaps{0};
  std::thread swapper([&] {
    while (!stop) {
      pipeline_->SetBundle(swaps++ % 2 == 0 ? next_.bundle : parts_.bundle);
      std::this_thread::yield();
    }
  });
  std::vector<std::shared_ptr<Pending>> answers;
  for (int i = 0; i < kQueries; ++i) {
    answers.push_back(Submit(ImageQuery(jpeg_)));
    if (i >= 32) answers[i - 32]->Wait();  // Never more inside than there are places.
  }
  for (const auto& pending : answers) {
    ASSERT_THAT(pending->Wait(), IsOk());
    ExpectAnswerOf(pending->Wait()->bundle == parts_.bundle ? parts_ : next_, pending);
  }
  stop = true;
  swapper.join();
  EXPECT_GT(swaps, 1);
}

}  // namespace
}  // namespace lookbook
