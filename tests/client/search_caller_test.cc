// The calls of a load over real gRPC, against a server in this process.
#include "client/search_caller.h"

#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "client/load/closed_loop.h"
#include "client/load/open_loop.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kLong = absl::Minutes(2);  // Never reached, even on a busy machine.

v1::SearchRequest Request(const std::string& image) {
  v1::SearchRequest request;
  request.set_image(image);
  return request;
}

// Collects the outcomes of calls, in the order they end.
class Outcomes {
 public:
  Caller::Done Add() {
    return [this](const CallOutcome& outcome) {
      MutexLock lock(&mutex_);
      outcomes_.push_back(outcome);
      added_.NotifyAll();
    };
  }
  std::vector<CallOutcome> Await(size_t count) {
    MutexLock lock(&mutex_);
    while (outcomes_.size() < count) added_.Wait(&mutex_);
    return outcomes_;
  }

 private:
  Mutex mutex_;
  CondVar added_;
  std::vector<CallOutcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

class SearchCallerTest : public ::testing::Test {
 protected:
  std::unique_ptr<SearchCaller> MakeCaller(std::vector<v1::SearchRequest> requests,
                                           int channels = 1, absl::Duration deadline = kLong) {
    auto caller = SearchCaller::Create(
        {.target = server_.target(), .deadline = deadline, .channels = channels},
        std::move(requests));
    EXPECT_THAT(caller, IsOk());
    return *std::move(caller);
  }

  // Makes `count` calls one after the other.
  std::vector<CallOutcome> Call(SearchCaller& caller, size_t count) {
    Outcomes outcomes;
    for (size_t i = 0; i < count; ++i) {
      caller.Start(static_cast<int64_t>(i), outcomes.Add());
      outcomes.Await(i + 1);
    }
    return outcomes.Await(count);
  }

  // How many connections `count` calls arrive on.
  size_t Connections(int channels, size_t count) {
    Mutex mutex;
    std::set<std::string> peers;
    server_.search.Set([&](grpc::ServerContext& context, const auto&, auto&) {
      MutexLock lock(&mutex);
      peers.insert(context.peer());
      return grpc::Status::OK;
    });
    Call(*MakeCaller({Request("a")}, channels), count);
    return peers.size();
  }

  FakeSearchServer server_;
};

TEST_F(SearchCallerTest, RequestsAreTakenInTurn) {
  Call(*MakeCaller({Request("a"), Request("b"), Request("c")}, /*channels=*/2), 7);
  std::vector<std::string> images;
  for (const auto& request : server_.search.requests()) images.push_back(request.image());
  EXPECT_THAT(images, ElementsAre("a", "b", "c", "a", "b", "c", "a"));
}

TEST_F(SearchCallerTest, AnOutcomeHasCodeStagesAndBytes) {
  server_.search.Reply([](const auto&, v1::SearchResponse& response) {
    response.mutable_timings()->set_decode(0.5);
    response.mutable_timings()->set_total(2);
  });
  const v1::SearchRequest request = Request(std::string(1000, 'x'));
  const auto outcomes = Call(*MakeCaller({request}), 1);
  EXPECT_EQ(outcomes[0].code, absl::StatusCode::kOk);
  ASSERT_TRUE(outcomes[0].stages.has_value());
  EXPECT_THAT(*outcomes[0].stages, ElementsAre(0.5, 0, 0, 0, 0, 2));
  EXPECT_EQ(outcomes[0].sent_bytes, static_cast<int64_t>(request.ByteSizeLong()));
}

TEST_F(SearchCallerTest, ARefusalIsCountedAndNotRetried) {
  server_.search.Set([](grpc::ServerContext& context, const auto&, auto&) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms", "1");
    return RefusalWithReason(grpc::RESOURCE_EXHAUSTED, "queue is full", "queue_full");
  });
  const auto outcomes = Call(*MakeCaller({Request("a")}), 1);
  EXPECT_EQ(outcomes[0].code, absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(outcomes[0].stages.has_value());
  EXPECT_EQ(server_.search.calls(), 1);
}

TEST_F(SearchCallerTest, EachChannelHasAConnectionOfItsOwn) {
  EXPECT_EQ(Connections(/*channels=*/1, 8), 1u);
  EXPECT_EQ(Connections(/*channels=*/3, 8), 3u);
}

TEST_F(SearchCallerTest, ACallEndsAtItsDeadline) {
  absl::Notification release;
  server_.search.Set([&](auto&, const auto&, auto&) {
    release.WaitForNotification();
    return grpc::Status::OK;
  });
  const auto outcomes = Call(*MakeCaller({Request("a")}, 1, absl::Milliseconds(100)), 1);
  release.Notify();
  server_.Stop();  // Waits for the hook, which still looks at `release`.
  EXPECT_EQ(outcomes[0].code, absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SearchCallerTest, AServerThatIsGoneIsAnOutcomeToo) {
  server_.Stop();
  EXPECT_EQ(Call(*MakeCaller({Request("a")}), 1)[0].code, absl::StatusCode::kUnavailable);
}

TEST_F(SearchCallerTest, ItWaitsForItsCallsBeforeItGoes) {
  Outcomes outcomes;
  {
    const auto caller = MakeCaller({Request("a")}, 2);
    for (int i = 0; i < 20; ++i) caller->Start(i, outcomes.Add());
  }
  EXPECT_THAT(outcomes.Await(0), SizeIs(20));
}

TEST_F(SearchCallerTest, OptionsThatCannotWorkAreRefused) {
  EXPECT_THAT(SearchCaller::Create({}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nothing to search for")));
  EXPECT_THAT(SearchCaller::Create({.channels = 0}, {Request("a")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("channels 0")));
  EXPECT_THAT(SearchCaller::Create({.deadline = absl::ZeroDuration()}, {Request("a")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deadline 0")));
}

// One call at a time, 10 ms each: at most 100 a second.
grpc::Status OneAtATime(grpc::ServerContext&, const v1::SearchRequest&, v1::SearchResponse&) {
  static Mutex mutex;
  MutexLock lock(&mutex);
  absl::SleepFor(absl::Milliseconds(10));
  return grpc::Status::OK;
}

// At 400 calls a second for a server that takes 100, call n comes due after about 2.5 n ms and is
// answered after 10 n ms at the earliest. Only lower bounds are asserted: a busy machine makes all
// of it slower.
TEST_F(SearchCallerTest, AnOpenLoopsLatencyIncludesTheQueueItMakes) {
  server_.search.Set(OneAtATime);
  const auto caller = MakeCaller({Request("a")}, 2);
  CallLedger ledger(absl::Milliseconds(50));
  OpenLoop loop({.rate = 400}, caller.get(), &ledger, Clock::Steady());
  ASSERT_THAT(loop.Start(), IsOk());
  while (ledger.Due(0) < 60) absl::SleepFor(absl::Milliseconds(5));
  loop.Stop();
  ledger.OpenNext();
  const WindowTally tally = ledger.Take(0);
  EXPECT_GE(tally.answered(), 60);
  EXPECT_EQ(tally.answered(), tally.due);
  EXPECT_GE(tally.latency.Max(), absl::Milliseconds(200));
  EXPECT_GE(tally.latency.Quantile(0.5), absl::Milliseconds(100));
  EXPECT_LT(tally.WithinShare(), 0.5);
}

TEST_F(SearchCallerTest, AClosedLoopCountsEachCode) {
  std::atomic<int> calls{0};
  server_.search.Set([&](auto&, const auto&, auto&) {
    return ++calls % 3 == 0 ? RefusalWithReason(grpc::UNAVAILABLE, "draining", "draining")
                            : grpc::Status::OK;
  });
  const auto caller = MakeCaller({Request("a")}, 2);
  CallLedger ledger(kLong);
  ClosedLoop loop(4, caller.get(), &ledger, Clock::Steady());
  ASSERT_THAT(loop.Start(), IsOk());
  while (ledger.Due(0) < 60) absl::SleepFor(absl::Milliseconds(5));
  loop.Stop();
  ledger.OpenNext();
  const WindowTally tally = ledger.Take(0);
  EXPECT_EQ(tally.answered(), calls - calls / 3);
  EXPECT_EQ(tally.codes[static_cast<size_t>(absl::StatusCode::kUnavailable)], calls / 3);
  EXPECT_EQ(tally.due, calls);
}

}  // namespace
}  // namespace lookbook
