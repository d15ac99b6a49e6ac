// Shutdown: nobody new comes in, everybody inside is answered, once.
#include <map>
#include <random>
#include <thread>

#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using PipelineDrainTest = PipelineTest;

TEST_F(PipelineDrainTest, EverybodyInsideIsServed) {
  Start();
  parts_.embedder->Hold();
  std::vector<std::shared_ptr<Pending>> inside = {Submit(ImageQuery(jpeg_))};
  parts_.embedder->WaitForCalls(1);
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  for (int i = 0; i < 5; ++i) inside.push_back(Submit(ImageQuery(jpeg_)));    // Wait for decoding.
  for (int i = 0; i < 5; ++i) inside.push_back(Submit(ItemQuery("item-1")));  // Wait for a batch.
  std::thread stopper([&] { pipeline_->Shutdown(); });
  gate.Open();
  parts_.embedder->Release();
  stopper.join();
  for (const auto& pending : inside) {
    ASSERT_EQ(pending->calls(), 1) << "Shutdown() returned before this answer";
    EXPECT_THAT(pending->Wait(), IsOk());
  }
}

TEST_F(PipelineDrainTest, APartialBatchDoesNotWaitForCompanyThatCannotCome) {
  Start({.decode_threads = 1, .embed_workers = 1, .max_batch_delay = absl::Hours(1)});
  const auto pending = Submit(ItemQuery("item-1"));
  pipeline_->Shutdown();
  EXPECT_EQ(pending->calls(), 1);
  EXPECT_THAT(pending->Wait(), IsOk());
}

TEST_F(PipelineDrainTest, NewQueriesGoToAnotherReplica) {
  Start();
  pipeline_->Shutdown();
  for (const Query& query : {ImageQuery(jpeg_), ItemQuery("item-1")}) {
    const auto pending = Submit(query);
    EXPECT_EQ(pending->calls(), 1);
    EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(pending->Wait().status(), HasReason("draining"));
  }
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"draining\"}"), 2);
  pipeline_->Shutdown();  // Again, with nothing to do.
}

TEST_F(PipelineDrainTest, TheDestructorDrainsToo) {
  Start();
  const auto pending = Submit(ImageQuery(jpeg_));
  pipeline_.reset();
  EXPECT_EQ(pending->calls(), 1);
  EXPECT_THAT(pending->Wait(), IsOk());
}

TEST_F(PipelineDrainTest, UnderLoadEveryQueryIsAnsweredExactlyOnce) {
  Start({.decode_threads = 2, .embed_workers = 2, .max_batch = 4, .queue_capacity = 16});
  constexpr int kThreads = 4, kEach = 250;
  std::vector<std::vector<std::shared_ptr<Pending>>> answers(kThreads);
  std::atomic<int> submitted{0};
  const std::string cut = jpeg_.substr(0, jpeg_.size() / 2);
  // Goes on until the pipeline refuses it for good.
  const auto submit = [&](int thread) {
    std::mt19937 random(thread);
    bool draining = false;
    for (int i = 0; !draining; ++i, ++submitted) {
      Query query = i % 3 == 0   ? ImageQuery(random() % 8 == 0 ? cut : jpeg_)
                    : i % 3 == 1 ? ItemQuery("item-1")
                                 : VectorQuery(std::vector<float>(8, 1));
      query.cancelled = std::make_shared<std::atomic<bool>>(false);
      auto flag = query.cancelled;
      if (random() % 10 == 0) query.deadline = clock_.Now() + absl::Milliseconds(1);
      const auto pending = Submit(std::move(query));
      answers[thread].push_back(pending);
      draining = pending->calls() == 1 && absl::IsUnavailable(pending->Wait().status());
      if (random() % 10 == 0) *flag = true;
      if (random() % 20 == 0) clock_.Advance(absl::Milliseconds(1));
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back(submit, t);
  while (submitted < kThreads * kEach) std::this_thread::yield();
  pipeline_->Shutdown();
  for (std::thread& thread : threads) thread.join();

  std::map<absl::StatusCode, int> codes;
  for (const auto& of_thread : answers) {
    for (const auto& pending : of_thread) {
      ASSERT_EQ(pending->calls(), 1);
      ++codes[pending->Wait().status().code()];
    }
  }
  EXPECT_GT(codes[absl::StatusCode::kOk], 0);
  EXPECT_GE(codes[absl::StatusCode::kUnavailable], kThreads);
  EXPECT_EQ(codes[absl::StatusCode::kInternal], 0);
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
  EXPECT_EQ(metrics_.bundle(kName).queue_oldest_age_seconds.Value(), 0);
}

}  // namespace
}  // namespace lookbook
