// Cancelled queries: no stage starts for them, whoever waits with them is served.
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PipelineCancelTest : public PipelineTest {
 protected:
  static Query Cancellable(Query query, std::shared_ptr<std::atomic<bool>> flag) {
    query.cancelled = std::move(flag);
    return query;
  }

  std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

TEST_F(PipelineCancelTest, BeforeSubmitNothingIsDone) {
  Start();
  *flag_ = true;
  const auto pending = Submit(Cancellable(ImageQuery(jpeg_), flag_));
  EXPECT_EQ(pending->calls(), 1);
  EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"decode\"}"), 1);
}

TEST_F(PipelineCancelTest, WhileWaitingForADecodeThread) {
  Start();
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto cancelled = Submit(Cancellable(ImageQuery(jpeg_), flag_));
  const auto served = Submit(ImageQuery(jpeg_));
  *flag_ = true;
  gate.Open();
  EXPECT_THAT(cancelled->Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("decode")));
  EXPECT_THAT(served->Wait(), IsOk());
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 1);
}

TEST_F(PipelineCancelTest, WhileWaitingForABatch) {
  Start();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  const auto cancelled = Submit(Cancellable(ItemQuery("item-1"), flag_));
  const auto served = Submit(ItemQuery("item-2"));
  *flag_ = true;
  parts_.embedder->Release();
  EXPECT_THAT(cancelled->Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("queue")));
  EXPECT_THAT(served->Wait(), IsOk());
  EXPECT_THAT(running->Wait(), IsOk());
  pipeline_->Shutdown();
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1, 1));
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"queue\"}"), 1);
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
}

TEST_F(PipelineCancelTest, WhileEmbeddingTheSearchIsSaved) {
  Start();
  parts_.embedder->Hold();
  const auto cancelled = Submit(Cancellable(ImageQuery(jpeg_), flag_));
  parts_.embedder->WaitForCalls(1);
  *flag_ = true;
  parts_.embedder->Release();
  EXPECT_THAT(cancelled->Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("search")));
  EXPECT_THAT(parts_.index->batches(), ::testing::IsEmpty());
}

TEST_F(PipelineCancelTest, AfterTheAnswerNothingHappens) {
  Start();
  const auto pending = Submit(Cancellable(ImageQuery(jpeg_), flag_));
  EXPECT_THAT(pending->Wait(), IsOk());
  *flag_ = true;
  pipeline_->Shutdown();
  EXPECT_EQ(pending->calls(), 1);
}

}  // namespace
}  // namespace lookbook
