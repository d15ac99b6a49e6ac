// Deadlines: no stage starts past one.
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PipelineDeadlineTest : public PipelineTest {
 protected:
  Query WithDeadline(Query query, absl::Duration from_now) {
    query.deadline = clock_.Now() + from_now;
    return query;
  }
};

TEST_F(PipelineDeadlineTest, AlreadyPastMeansNoDecode) {
  Start();
  for (const absl::Duration ago : {absl::ZeroDuration(), absl::Seconds(-1)}) {
    const auto pending = Submit(WithDeadline(ImageQuery(jpeg_), ago));
    EXPECT_EQ(pending->calls(), 1) << "answered on the caller's thread";
    EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  }
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 2);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 0);
}

TEST_F(PipelineDeadlineTest, AMicrosecondAheadIsInTime) {
  Start();
  EXPECT_THAT(Submit(WithDeadline(ImageQuery(jpeg_), absl::Microseconds(1)))->Wait(), IsOk());
}

TEST_F(PipelineDeadlineTest, WhileWaitingForADecodeThread) {
  Start();
  DecodeGate gate;
  gate.HoldOneThread(*pipeline_);
  const auto late = Submit(WithDeadline(ImageQuery(jpeg_), absl::Seconds(1)));
  const auto served = Submit(WithDeadline(ImageQuery(jpeg_), absl::Seconds(5)));
  clock_.Advance(absl::Seconds(1));
  gate.Open();
  EXPECT_THAT(late->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("decode")));
  EXPECT_THAT(served->Wait(), IsOk());
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 1);
}

TEST_F(PipelineDeadlineTest, WhileWaitingForABatch) {
  Start();
  parts_.embedder->Hold();
  const auto running = Submit(ImageQuery(jpeg_));
  parts_.embedder->WaitForCalls(1);
  const auto late = Submit(WithDeadline(ItemQuery("item-1"), absl::Seconds(1)));
  const auto served = Submit(WithDeadline(ItemQuery("item-2"), absl::Seconds(5)));
  clock_.Advance(absl::Seconds(1));
  parts_.embedder->Release();
  EXPECT_THAT(late->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(served->Wait(), IsOk());
  EXPECT_THAT(running->Wait(), IsOk()) << "it has no deadline";
  pipeline_->Shutdown();
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1, 1));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
}

TEST_F(PipelineDeadlineTest, WhileEmbeddingTheSearchIsSaved) {
  Start();
  parts_.embedder->Hold();
  const auto late = Submit(WithDeadline(ImageQuery(jpeg_), absl::Seconds(1)));
  parts_.embedder->WaitForCalls(1);
  clock_.Advance(absl::Seconds(1));
  parts_.embedder->Release();
  EXPECT_THAT(late->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("search")));
  EXPECT_THAT(parts_.index->batches(), IsEmpty());
}

}  // namespace
}  // namespace lookbook
