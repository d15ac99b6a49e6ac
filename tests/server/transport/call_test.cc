#include "server/transport/call.h"

#include "tests/server/transport/recorded_call.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/compute_for.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class CallTest : public ::testing::Test {
 protected:
  Call* Start(absl::string_view request_id = "") {
    return new RecordedCall({&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)}, &context_,
                            outcome_, request_id);
  }
  // Its caller gives up before it has its answer.
  Call* StartUndelivered() {
    return new RecordedCall({&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)}, &context_,
                            outcome_, "", false);
  }
  std::string Scrape() const { return metrics_.Scrape(); }

  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{AccessLogOptions()};
  DrainGate gate_;
  grpc::CallbackServerContext context_;  // Without a deadline.
  std::shared_ptr<CallOutcome> outcome_ = std::make_shared<CallOutcome>();
};

TEST_F(CallTest, IsInFlightAndInsideTheGateUntilItEnds) {
  Call* call = Start();
  EXPECT_FALSE(call->Refused());
  EXPECT_FALSE(gate_.AwaitEmpty(absl::ZeroDuration()));
  EXPECT_THAT(Scrape(), HasSubstr("lookbook_requests_in_flight{method=\"Search\"} 1"));
  EXPECT_EQ(call->deadline(), clock_.Now() + absl::Seconds(10));
  call->Complete(absl::NotFoundError("gone"));
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
  EXPECT_THAT(Scrape(),
              AllOf(HasSubstr("lookbook_requests_in_flight{method=\"Search\"} 0"),
                    HasSubstr("lookbook_requests_total{code=\"NOT_FOUND\",method=\"Search\"} 1"),
                    HasSubstr("lookbook_deadline_remaining_seconds_count{method=\"Search\"} 1")));
  EXPECT_THAT(outcome_->Wait(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CallTest, AClosedGateRefusesAndCounts) {
  gate_.Close();
  EXPECT_TRUE(Start()->Refused());
  EXPECT_THAT(outcome_->Wait(),
              AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason("draining")));
  EXPECT_THAT(Scrape(), HasSubstr("lookbook_shed_total{reason=\"draining\"} 1"));
}

TEST_F(CallTest, FaultsAreCountedAsWhatTheCallerSees) {
  Start()->Complete(absl::OutOfRangeError("index: row 7"));
  EXPECT_THAT(Scrape(),
              HasSubstr("lookbook_requests_total{code=\"INTERNAL\",method=\"Search\"} 1"));
}

TEST_F(CallTest, AnAnswerThatNobodyReceivedCountsAsWhatTheCallerSaw) {
  StartUndelivered()->Complete(absl::OkStatus());
  StartUndelivered()->Complete(absl::NotFoundError("gone"));
  Call* late = StartUndelivered();
  Call* refused = StartUndelivered();
  clock_.Advance(absl::Seconds(10));
  late->Complete(absl::OkStatus());
  refused->Complete(absl::CancelledError("seen"));  // Before it was too late.
  EXPECT_THAT(
      Scrape(),
      AllOf(HasSubstr("lookbook_requests_total{code=\"CANCELLED\",method=\"Search\"} 3"),
            HasSubstr("lookbook_requests_total{code=\"DEADLINE_EXCEEDED\",method=\"Search\"} 1"),
            HasSubstr("lookbook_requests_total{code=\"OK\",method=\"Search\"} 0"),
            HasSubstr("lookbook_requests_total{code=\"NOT_FOUND\",method=\"Search\"} 0")));
}

TEST_F(CallTest, AFaultIsOneAlsoWhereNobodyReceivedIt) {
  ::testing::internal::CaptureStderr();
  StartUndelivered()->Complete(absl::OutOfRangeError("index: row 7"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("index: row 7"));
  EXPECT_THAT(Scrape(),
              HasSubstr("lookbook_requests_total{code=\"INTERNAL\",method=\"Search\"} 1"));
}

TEST_F(CallTest, WhatAReplyComputesIsCounted) {
  Start()->CompleteWith([] {
    ComputeFor(absl::Milliseconds(20));
    return absl::OkStatus();
  });
  const std::string scrape = Scrape(),
                    series = "\nlookbook_stage_cpu_seconds_total{stage=\"reply\"} ";
  ASSERT_THAT(scrape, HasSubstr(series));
  EXPECT_GE(std::stod(scrape.substr(scrape.find(series) + series.size())), 0.020);
}

TEST_F(CallTest, AReplyThatThrowsIsAnAnswerToo) {
  Start()->CompleteWith([]() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_THAT(outcome_->Wait(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Scrape(), HasSubstr("lookbook_stage_duration_seconds_count{stage=\"reply\"} 1"));
}

TEST_F(CallTest, ItsLineHasWhatIsKnownOfIt) {
  ::testing::internal::CaptureStderr();
  QueryResult query;
  query.seconds.decode = 0.5;
  query.image = {"png", 48, 40};
  query.batch = 3;
  Call* call = Start("r-1");
  call->SetBundle("fake-1");
  call->SetQuery(query);
  clock_.Advance(absl::Seconds(2));
  call->Complete(absl::OkStatus());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log,
              ContainsRegex("request_id=r-1 [^\n]*method=Search code=OK [^\n]*bytes=7 w=48 h=40 "
                            "fmt=png t_total=2 t_decode=0.5 [^\n]*batch=3 bundle_id=fake-1"));
}

}  // namespace
}  // namespace lookbook
