// Acceptance: calls that are dead, by a cancel or by their deadline, reach neither decode nor embed
// nor search, however many of them wait.
#include <numeric>

#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

constexpr int kQueued = 64;
constexpr int kLiving = 4;  // Every 16th.

enum class Death { kCancelled, kExpired };

class DeadCallsTest : public PipelineTest, public ::testing::WithParamInterface<Death> {
 protected:
  void StartWithRoom() {
    // One place more: that of the picture which AwaitDecoded() sends.
    Start({.decode_threads = 1,
           .decode_queue = kQueued + 1,
           .embed_workers = 1,
           .max_batch = 8,
           .queue_capacity = kQueued + 1});
  }

  static bool Lives(int i) { return i % (kQueued / kLiving) == 5; }

  // 64 copies of `query`, all but four of which Kill() kills.
  void Queue(const Query& query) {
    for (int i = 0; i < kQueued; ++i) {
      Query one = query;
      if (!Lives(i) && GetParam() == Death::kCancelled) one.cancelled = cancelled_;
      if (!Lives(i) && GetParam() == Death::kExpired) one.deadline = clock_.Now() + kDeadline;
      queued_.push_back(Submit(std::move(one)));
    }
  }
  void Kill() {
    *cancelled_ = true;
    clock_.Advance(kDeadline);
  }

  // Returns once every picture so far is decoded and waits for a batch: a single thread decodes.
  void AwaitDecoded() {
    EXPECT_THAT(Submit(ImageQuery("no image"))->Wait().status(), HasReason("unsupported_format"));
  }

  void ExpectFourAnswers() {
    const auto code = GetParam() == Death::kCancelled ? absl::StatusCode::kCancelled
                                                      : absl::StatusCode::kDeadlineExceeded;
    for (int i = 0; i < kQueued; ++i) {
      if (Lives(i)) {
        EXPECT_THAT(queued_[i]->Wait(), IsOk()) << i;
      } else {
        EXPECT_THAT(queued_[i]->Wait(), StatusIs(code)) << i;
      }
    }
    pipeline_->Shutdown();
    EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
  }

  double Decoded() const {
    return Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}");
  }
  int Searched() const {
    const auto batches = parts_.index->batches();
    return std::accumulate(batches.begin(), batches.end(), 0);
  }

  static constexpr absl::Duration kDeadline = absl::Seconds(1);
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::vector<std::shared_ptr<Pending>> queued_;
};

TEST_P(DeadCallsTest, Of64DecodedPictures60OfThemDeadExactly4AreEmbedded) {
  StartWithRoom();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  Queue(ImageQuery(jpeg_));
  AwaitDecoded();
  Kill();
  parts_.embedder->Release();
  ExpectFourAnswers();
  EXPECT_THAT(running->Wait(), IsOk());
  EXPECT_THAT(parts_.embedder->batches(), ElementsAre(1, kLiving));
  EXPECT_EQ(metrics_.bundle(kName).embeddings_on_cpu_total.Value(), 1 + kLiving);
  EXPECT_EQ(Searched(), 1 + kLiving);
}

TEST_P(DeadCallsTest, Of64PicturesThatWaitForADecodeThreadExactly4AreDecoded) {
  StartWithRoom();
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  Queue(ImageQuery(jpeg_));
  Kill();
  gate.Open();
  ExpectFourAnswers();
  EXPECT_EQ(Decoded(), kLiving);
  EXPECT_EQ(metrics_.bundle(kName).embeddings_on_cpu_total.Value(), kLiving);
  EXPECT_EQ(Searched(), kLiving);
}

TEST_P(DeadCallsTest, Of64ItemsThatWaitForABatchExactly4AreSearched) {
  StartWithRoom();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  Queue(ItemQuery("item-1"));
  Kill();
  parts_.embedder->Release();
  ExpectFourAnswers();
  EXPECT_EQ(Searched(), 1 + kLiving);
}

// Those that die while they are embedded: the search is saved.
TEST_P(DeadCallsTest, OfABatchThatDiesWhileItIsEmbeddedOnlyTheLivingAreSearched) {
  StartWithRoom();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  Queue(ImageQuery(jpeg_));
  AwaitDecoded();
  parts_.embedder->SetHook([this](absl::Span<const float>, int n) {
    if (n > 1) Kill();  // In the first batch of the 64.
    return absl::OkStatus();
  });
  parts_.embedder->Release();
  ExpectFourAnswers();
  EXPECT_EQ(Searched(), 1 + kLiving);
}

INSTANTIATE_TEST_SUITE_P(Deaths, DeadCallsTest,
                         ::testing::Values(Death::kCancelled, Death::kExpired),
                         [](const auto& info) {
                           return info.param == Death::kCancelled ? "Cancelled" : "Expired";
                         });

}  // namespace
}  // namespace lookbook
