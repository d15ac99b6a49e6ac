#include "server/pipeline/in_flight.h"

#include "base/reason.h"
#include "base/retry_pushback.h"
#include "tests/server/pipeline/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class InFlightTest : public PipelineTest {
 protected:
  InFlightPtr Make(Query query = Query()) {
    return std::make_shared<InFlight>(std::move(query), Pending::Done(pending_), &context_);
  }

  QueuePlaces places_{2, metrics_.bundle(kName).queue_depth};
  Inside inside_;
  WaitEstimator estimator_{1, 1};
  const QueryContext context_{&metrics_, &clock_, &places_, &inside_, &estimator_};
  std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
};

TEST_F(InFlightTest, AnswerHandsOverTheResultAndItsTotalTime) {
  InFlightPtr item = Make();
  item->result.bundle = parts_.bundle;
  item->result.scores = {0.5f};
  clock_.Advance(absl::Milliseconds(250));
  item->Answer();
  ASSERT_THAT(pending_->Wait(), IsOk());
  EXPECT_DOUBLE_EQ(pending_->Wait()->seconds.total, 0.25);
  EXPECT_EQ(pending_->Wait()->bundle, parts_.bundle);
  EXPECT_EQ(pending_->Wait()->scores, std::vector<float>{0.5f});
  EXPECT_EQ(item->result.bundle, nullptr) << "an answered query keeps no bundle alive";
  item.reset();
  EXPECT_EQ(pending_->calls(), 1);
}

TEST_F(InFlightTest, EachEndIsToldOfWhatIsKnownBeforeTheAnswerIsSeen) {
  const auto end = [this](const std::function<void(InFlight*)>& by) {
    QueryResult told;
    Query query;
    query.ended = [&](const QueryResult& result) {
      EXPECT_EQ(pending_->calls(), 0);
      told = result;
    };
    pending_ = std::make_shared<Pending>();
    InFlightPtr item = Make(std::move(query));
    item->result.bundle = parts_.bundle;
    item->result.seconds.decode = 0.5;
    item->result.image = {"png", 48, 40};
    item->result.batch = 3;
    clock_.Advance(absl::Seconds(2));
    by(item.get());
    EXPECT_EQ(pending_->calls(), 1);
    return told;
  };
  for (const QueryResult& told :
       {end([](InFlight* item) { item->Answer(); }),
        end([](InFlight* item) { item->Fail(absl::InternalError("a bug")); }),
        end([](InFlight* item) { item->FailCancelled(Stage::kEmbed); }),
        end([](InFlight* item) { item->FailDeadline(Stage::kEmbed); })}) {
    EXPECT_EQ(told.bundle, parts_.bundle);
    EXPECT_EQ(told.seconds.decode, 0.5);
    EXPECT_EQ(told.seconds.total, 2);
    EXPECT_STREQ(told.image.format, "png");
    EXPECT_EQ(told.image.width, 48);
    EXPECT_EQ(told.batch, 3);
  }
}

TEST_F(InFlightTest, AFailedQueryKeepsNoBundleAlive) {
  InFlightPtr item = Make();
  item->result.bundle = parts_.bundle;
  item->Fail(absl::InternalError("a bug"));
  EXPECT_EQ(item->result.bundle, nullptr);
}

TEST_F(InFlightTest, ALostQueryIsAnsweredAsAnInternalError) {
  Make().reset();
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kInternal, HasSubstr("lost")));
}

TEST_F(InFlightTest, AQueryInTimeMayStart) {
  Query query;
  query.deadline = clock_.Now() + absl::Seconds(1);
  query.cancelled = std::make_shared<std::atomic<bool>>(false);
  InFlightPtr item = Make(std::move(query));
  clock_.Advance(absl::Seconds(1) - absl::Nanoseconds(1));
  EXPECT_TRUE(item->MayStart(Stage::kEmbed));
  EXPECT_FALSE(item->answered());
}

TEST_F(InFlightTest, NoStageStartsAtTheDeadline) {
  Query query;
  query.deadline = clock_.Now() + absl::Seconds(1);
  InFlightPtr item = Make(std::move(query));
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(item->MayStart(Stage::kEmbed));
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("embed")));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
}

TEST_F(InFlightTest, NoStageStartsOnceCancelled) {
  Query query;
  query.cancelled = std::make_shared<std::atomic<bool>>(true);
  InFlightPtr item = Make(std::move(query));
  EXPECT_FALSE(item->MayStart(Stage::kSearch));
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("search")));
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"search\"}"), 1);
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"embed\"}"), 0);
}

TEST_F(InFlightTest, WhatIsExpiredAndCancelledIsExpired) {
  Query query;
  query.deadline = clock_.Now();
  query.cancelled = std::make_shared<std::atomic<bool>>(true);
  EXPECT_FALSE(Make(std::move(query))->MayStart(Stage::kEmbed));
  EXPECT_THAT(pending_->Wait(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
  EXPECT_EQ(Metric("lookbook_cancelled_total{stage=\"embed\"}"), 0);
}

TEST_F(InFlightTest, RefusalsAreCountedByReason) {
  const auto fail = [&](absl::Status status) {
    pending_ = std::make_shared<Pending>();
    Make()->Fail(std::move(status));
  };
  fail(WithReason(absl::ResourceExhaustedError("full"), "queue_full"));
  fail(absl::ResourceExhaustedError("out of memory"));
  fail(WithReason(absl::ResourceExhaustedError("too late"), "deadline_too_short"));
  fail(WithReason(absl::UnavailableError("stopping"), "draining"));
  fail(WithReason(absl::UnavailableError("nothing loaded"), "no_bundle"));
  fail(absl::InternalError("a bug"));
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"queue_full\"}"), 1);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"memory\"}"), 1);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"draining\"}"), 1);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"deadline\"}"), 1);
}

TEST_F(InFlightTest, APlaceIsGivenBackBeforeTheAnswerIsSeen) {
  InFlightPtr first = Make();
  ASSERT_THAT(first->TakePlace(), IsOk());
  InFlightPtr second = Make();
  ASSERT_THAT(second->TakePlace(), IsOk());
  EXPECT_THAT(second->TakePlace(), IsOk()) << "it has one already";
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 2);

  bool place_seen_in_done = false;
  InFlight third(
      Query(), [&](absl::StatusOr<QueryResult>) {}, &context_);
  EXPECT_THAT(third.TakePlace(), HasReason("queue_full"));
  second->LeaveQueue();
  ASSERT_THAT(third.TakePlace(), IsOk());
  {
    InFlight fourth(
        Query(), [&](absl::StatusOr<QueryResult>) { place_seen_in_done = places_.Take("").ok(); },
        &context_);
    third.Answer();
    ASSERT_THAT(fourth.TakePlace(), IsOk());
    fourth.Fail(absl::InternalError("a bug"));
  }
  EXPECT_TRUE(place_seen_in_done);
  places_.Give("");
  first->Answer();
  second->Answer();
  EXPECT_EQ(metrics_.bundle(kName).queue_depth.Value(), 0);
}

TEST_F(InFlightTest, CountsAsInsideFromItsPlaceToItsAnswer) {
  Query picture;
  Query item;
  item.kind = QueryKind::kItem;
  InFlightPtr first = Make(picture);
  EXPECT_EQ(inside_.Now().unanswered, 0);
  ASSERT_THAT(first->TakePlace(), IsOk());
  InFlightPtr second = Make(item);
  ASSERT_THAT(second->TakePlace(), IsOk());
  EXPECT_EQ(inside_.Now().unanswered, 2);
  EXPECT_EQ(inside_.Now().undecoded, 1);
  first->Decoded();
  first->LeaveQueue();
  EXPECT_EQ(inside_.Now().undecoded, 0);
  EXPECT_EQ(inside_.Now().unanswered, 2) << "a batch is no answer";
  first->Answer();
  second->Fail(absl::InternalError("a bug"));
  EXPECT_EQ(inside_.Now().unanswered, 0);

  InFlightPtr lost = Make(picture);
  ASSERT_THAT(lost->TakePlace(), IsOk());
  lost.reset();
  EXPECT_EQ(inside_.Now().undecoded, 0);
  EXPECT_EQ(inside_.Now().unanswered, 0);
}

TEST_F(InFlightTest, ARefusalSaysHowLongWhatIsInsideTakes) {
  const auto fail = [&](absl::Status status) {
    pending_ = std::make_shared<Pending>();
    Make()->Fail(std::move(status));
    return GetRetryPushback(pending_->Wait().status());
  };
  const absl::Status full = WithReason(absl::ResourceExhaustedError("full"), "queue_full");
  EXPECT_EQ(fail(full), std::nullopt) << "nothing was measured";
  for (int i = 0; i < 5; ++i) estimator_.BatchTook(clock_.Now(), 2, absl::Milliseconds(60));
  InFlightPtr ahead = Make();
  ASSERT_THAT(ahead->TakePlace(), IsOk());
  EXPECT_EQ(fail(full), absl::Milliseconds(30));
  EXPECT_EQ(fail(absl::ResourceExhaustedError("out of memory")), absl::Milliseconds(30));
  EXPECT_EQ(fail(WithRetryPushback(full, absl::Milliseconds(7))), absl::Milliseconds(7));
  EXPECT_EQ(fail(absl::InternalError("a bug")), std::nullopt);
  ahead->Answer();
}

}  // namespace
}  // namespace lookbook
