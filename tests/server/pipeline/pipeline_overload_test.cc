// More queries than places: refused at once, without work, until there is room again.
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class PipelineOverloadTest : public PipelineTest {
 protected:
  // One worker, which is held, and a queue of two.
  void StartHeld() {
    Start({.decode_threads = 1, .embed_workers = 1, .max_batch = 2, .queue_capacity = 2});
    parts_.embedder->Hold();
    running_ = Submit(ImageQuery(jpeg_));
    parts_.embedder->WaitForCalls(1);
  }

  void ExpectFull(const std::shared_ptr<Pending>& pending) {
    EXPECT_EQ(pending->calls(), 1) << "refused on the caller's thread";
    EXPECT_THAT(pending->Wait(),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("try again later")));
    EXPECT_THAT(pending->Wait().status(), HasReason("queue_full"));
  }

  std::shared_ptr<Pending> running_;
};

TEST_F(PipelineOverloadTest, TheQueueHoldsWhatItsCapacitySays) {
  StartHeld();
  const auto second = Submit(ItemQuery("item-1"));
  const auto third = Submit(ItemQuery("item-2"));
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 2);
  ExpectFull(Submit(ItemQuery("item-3")));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"queue_full\"}"), 1);

  parts_.embedder->Release();
  for (const auto& pending : {running_, second, third}) EXPECT_THAT(pending->Wait(), IsOk());
  EXPECT_THAT(Submit(ItemQuery("item-3"))->Wait(), IsOk()) << "there is room again";
}

TEST_F(PipelineOverloadTest, AnImageThatCannotBeBatchedIsNotDecoded) {
  StartHeld();
  const auto second = Submit(ItemQuery("item-1"));
  const auto third = Submit(ItemQuery("item-2"));
  ExpectFull(Submit(ImageQuery(jpeg_)));
  parts_.embedder->Release();
  pipeline_->Shutdown();
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 1);
}

TEST_F(PipelineOverloadTest, ImagesThatWaitForDecodingCount) {
  Start({.decode_threads = 1, .embed_workers = 1, .max_batch = 2, .queue_capacity = 2});
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);  // Answered: it holds the thread, but no place.
  const auto first = Submit(ImageQuery(jpeg_));
  const auto second = Submit(ImageQuery(jpeg_));
  ExpectFull(Submit(ImageQuery(jpeg_)));
  ExpectFull(Submit(ItemQuery("item-1")));
  gate.Open();
  EXPECT_THAT(first->Wait(), IsOk());
  EXPECT_THAT(second->Wait(), IsOk());
}

TEST_F(PipelineOverloadTest, TheDecodeQueueHasItsOwnLimit) {
  Start({.decode_threads = 1, .decode_queue = 1, .embed_workers = 1, .queue_capacity = 64});
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto first = Submit(ImageQuery(jpeg_));
  ExpectFull(Submit(ImageQuery(jpeg_)));
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 1) << "the refused one gave its place back";
  EXPECT_THAT(Submit(ItemQuery("item-1"))->Wait(), IsOk()) << "no decoding, no wait";
  gate.Open();
  EXPECT_THAT(first->Wait(), IsOk());
}

TEST_F(PipelineOverloadTest, TheDeadMakeRoomForTheLiving) {
  StartHeld();
  Query query = ItemQuery("item-1");
  query.cancelled = std::make_shared<std::atomic<bool>>(false);
  const auto cancelled = Submit(query);
  Query late_query = ItemQuery("item-2");
  late_query.deadline = clock_.Now() + absl::Seconds(1);
  const auto late = Submit(late_query);
  ExpectFull(Submit(ItemQuery("item-3")));

  *query.cancelled = true;
  const auto third = Submit(ItemQuery("item-3"));
  EXPECT_THAT(cancelled->Wait(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(third->calls(), 0) << "it waits";
  clock_.Advance(absl::Seconds(1));
  const auto fourth = Submit(ItemQuery("item-4"));
  EXPECT_THAT(late->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  parts_.embedder->Release();
  EXPECT_THAT(third->Wait(), IsOk());
  EXPECT_THAT(fourth->Wait(), IsOk());
}

TEST_F(PipelineOverloadTest, ABadQueryIsToldSoEvenWhenTheQueueIsFull) {
  StartHeld();
  const auto second = Submit(ItemQuery("item-1"));
  const auto third = Submit(ItemQuery("item-2"));
  Query query = ItemQuery("item-3");
  query.top_k = 0;
  EXPECT_THAT(Submit(query)->Wait().status(), HasReason("bad_k")) << "a retry would not help it";
  parts_.embedder->Release();
}

TEST_F(PipelineOverloadTest, AConnectionThatFloodsLeavesRoomForOthers) {
  Start({.decode_threads = 1, .embed_workers = 1, .max_batch = 2, .queue_capacity = 18});
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  Query flood = ItemQuery("item-1");
  flood.peer = "ipv4:10.0.0.1:1";
  std::vector<std::shared_ptr<Pending>> waiting;
  for (int i = 0; i < 16; ++i) waiting.push_back(Submit(flood));
  ExpectFull(Submit(flood));
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 16);
  Query other = ItemQuery("item-2");
  other.peer = "ipv4:10.0.0.2:1";
  waiting.push_back(Submit(other));
  parts_.embedder->Release();
  for (const auto& pending : waiting) EXPECT_THAT(pending->Wait(), IsOk());
  EXPECT_THAT(Submit(flood)->Wait(), IsOk());
}

}  // namespace
}  // namespace lookbook
