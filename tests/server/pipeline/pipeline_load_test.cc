// Deadlines that are too short for what is ahead: refused at once, by what was measured.
#include "base/retry_pushback.h"
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/decode_gate.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PipelineLoadTest : public PipelineTest {
 protected:
  // Every batch takes `each`, on the clock, from now on.
  void SetPace(absl::Duration each) {
    parts_.embedder->SetHook([this, each](absl::Span<const float>, int) {
      clock_.Advance(each);
      return absl::OkStatus();
    });
  }
  // Answers `n` pictures, one a batch.
  void Measure(int n, absl::Duration each) {
    SetPace(each);
    for (int i = 0; i < n; ++i) ASSERT_THAT(Submit(ImageQuery(jpeg_))->Wait(), IsOk());
  }
  std::shared_ptr<Pending> SubmitWithin(absl::Duration deadline) {
    Query query = ImageQuery(jpeg_);
    query.deadline = clock_.Now() + deadline;
    return Submit(std::move(query));
  }
  // A picture that stays in the embedder.
  void HoldOne() {
    parts_.embedder->Hold();
    const size_t calls = parts_.embedder->batches().size();
    running_ = Submit(ImageQuery(jpeg_));
    parts_.embedder->WaitForCalls(calls + 1);
  }
  void LetGo() {
    parts_.embedder->Release();
    ASSERT_THAT(running_->Wait(), IsOk());
  }
  static void ExpectTooShort(const std::shared_ptr<Pending>& pending) {
    EXPECT_EQ(pending->calls(), 1) << "refused on the caller's thread";
    EXPECT_THAT(pending->Wait(),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("deadline comes in")));
    EXPECT_THAT(pending->Wait().status(), HasReason("deadline_too_short"));
  }
  double Decoded() const {
    return Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}");
  }

  static constexpr absl::Duration kPace = absl::Milliseconds(100);
  static constexpr absl::Duration kReckoned = absl::Milliseconds(125);  // A batch of that pace.
  std::shared_ptr<Pending> running_;
};

TEST_F(PipelineLoadTest, AQueryThatCannotBeInTimeIsRefusedAtOnceAndNeverDecoded) {
  Start();
  Measure(5, kPace);
  HoldOne();
  const double decoded = Decoded();
  const auto refused = SubmitWithin(kPace + kReckoned - absl::Milliseconds(1));
  ExpectTooShort(refused);
  EXPECT_EQ(GetRetryPushback(refused->Wait().status()), kPace) << "one query is ahead";
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);

  const auto admitted = SubmitWithin(kPace + kReckoned);
  EXPECT_EQ(admitted->calls(), 0);
  LetGo();
  pipeline_->Shutdown();
  EXPECT_EQ(Decoded(), decoded + 1);
}

TEST_F(PipelineLoadTest, TheWaitGrowsWithTheQueue) {
  Start();
  Measure(5, kPace);
  HoldOne();
  std::vector<std::shared_ptr<Pending>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(Submit(ImageQuery(jpeg_)));
  const auto refused = SubmitWithin(4 * kPace + kReckoned - absl::Milliseconds(1));
  ExpectTooShort(refused);
  EXPECT_EQ(GetRetryPushback(refused->Wait().status()), 4 * kPace);
  EXPECT_EQ(SubmitWithin(4 * kPace + kReckoned)->calls(), 0);
  LetGo();
  for (const auto& pending : waiting) EXPECT_THAT(pending->Wait(), IsOk());
}

TEST_F(PipelineLoadTest, AFreshServerAdmits) {
  Start();
  Measure(4, kPace);
  HoldOne();
  EXPECT_EQ(SubmitWithin(absl::Milliseconds(1))->calls(), 0) << "too little was measured";
  LetGo();
}

TEST_F(PipelineLoadTest, AnIdleServerAdmitsWhateverItMeasured) {
  Start();
  Measure(15, absl::Seconds(5));
  SetPace(absl::Milliseconds(10));
  EXPECT_THAT(SubmitWithin(absl::Milliseconds(500))->Wait(), IsOk());
}

// Nothing is measured while everything is refused: who comes when nobody is inside measures anew.
TEST_F(PipelineLoadTest, ItRecoversFromASlowSpellThoughEveryDeadlineSeemsTooShort) {
  Start();
  Measure(15, absl::Seconds(5));
  HoldOne();
  ExpectTooShort(SubmitWithin(absl::Milliseconds(500)));
  SetPace(absl::Milliseconds(10));
  LetGo();
  for (int i = 0; i < 7; ++i) {
    ASSERT_THAT(SubmitWithin(absl::Milliseconds(500))->Wait(), IsOk()) << i;
  }
  HoldOne();
  EXPECT_EQ(SubmitWithin(absl::Milliseconds(500))->calls(), 0) << "the spell is over";
  LetGo();
}

TEST_F(PipelineLoadTest, OneSlowBatchRefusesNobody) {
  Start();
  Measure(5, absl::Milliseconds(10));
  Measure(1, absl::Seconds(9));
  HoldOne();
  EXPECT_EQ(SubmitWithin(absl::Milliseconds(100))->calls(), 0);
  LetGo();
}

TEST_F(PipelineLoadTest, NoBatchIsTooLargeForItsDeadlines) {
  Start();
  Measure(5, kPace);
  HoldOne();
  std::vector<std::shared_ptr<Pending>> waiting;
  Query query = ItemQuery("item-1");
  query.deadline = clock_.Now() + 5 * kPace + kReckoned;
  for (int i = 0; i < 5; ++i) waiting.push_back(Submit(query));
  LetGo();
  for (const auto& pending : waiting) EXPECT_THAT(pending->Wait(), IsOk());
  pipeline_->Shutdown();
  // The running one took 100 ms, 525 are left, and each is reckoned to take 125.
  EXPECT_THAT(parts_.index->batches(), ElementsAre(1, 1, 1, 1, 1, 1, 4, 1));
}

TEST_F(PipelineLoadTest, TheDeadAreNotAhead) {
  Start();
  Measure(5, kPace);
  HoldOne();
  Query dying = ItemQuery("item-1");
  dying.cancelled = std::make_shared<std::atomic<bool>>(false);
  std::vector<std::shared_ptr<Pending>> dead;
  for (int i = 0; i < 8; ++i) dead.push_back(Submit(dying));
  ExpectTooShort(SubmitWithin(3 * kPace));
  *dying.cancelled = true;
  EXPECT_EQ(SubmitWithin(3 * kPace)->calls(), 0);
  for (const auto& pending : dead) {
    EXPECT_THAT(pending->Wait(), StatusIs(absl::StatusCode::kCancelled));
  }
  LetGo();
}

TEST_F(PipelineLoadTest, AFullQueueSaysHowLongItTakesToBeEmpty) {
  Start({.decode_threads = 1, .embed_workers = 1, .max_batch = 2, .queue_capacity = 2});
  Measure(5, kPace);
  HoldOne();
  const auto second = Submit(ItemQuery("item-1"));
  const auto third = Submit(ItemQuery("item-2"));
  const auto refused = Submit(ItemQuery("item-3"));
  EXPECT_THAT(refused->Wait().status(),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted), HasReason("queue_full")));
  EXPECT_EQ(GetRetryPushback(refused->Wait().status()), 3 * kPace);
  LetGo();
}

TEST_F(PipelineLoadTest, ABadQueryIsToldSoThoughItsDeadlineIsTooShort) {
  Start();
  Measure(5, kPace);
  HoldOne();
  Query query = ItemQuery("item-1");
  query.top_k = 0;
  query.deadline = clock_.Now() + absl::Milliseconds(1);
  EXPECT_THAT(Submit(query)->Wait().status(), HasReason("bad_k"));
  LetGo();
}

}  // namespace
}  // namespace lookbook
