// The life of one unary call, seen through a service that only the test has.
#include "server/transport/unary_call.h"

#include <future>

#include "absl/strings/str_cat.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

// GetInfo() hands its call to the test, which completes it.
class ManualService final : public v1::CatalogService::CallbackService {
 public:
  explicit ManualService(const CallEnvironment& environment) : environment_(environment) {}

  grpc::ServerUnaryReactor* GetInfo(grpc::CallbackServerContext* context, const v1::GetInfoRequest*,
                                    v1::GetInfoResponse*) override {
    auto* call = new UnaryCall(Method::kGetInfo, environment_, context, 0, "");
    arrived.set_value(call);
    return call;
  }

  std::promise<Call*> arrived;

 private:
  const CallEnvironment environment_;
};

class UnaryCallTest : public ::testing::Test {
 protected:
  UnaryCallTest() {
    auto server = GrpcServer::Listen({}, {&service_});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::CatalogService::NewStub(ChannelTo(server_->port()));
  }

  // Starts a call and returns the server's side of it.
  Call* Start() {
    answer_ = std::async(std::launch::async, [this] {
      v1::GetInfoResponse response;
      return stub_->GetInfo(&context_, {}, &response);
    });
    return service_.arrived.get_future().get();
  }

  // The code under which the only call was counted, once it has ended.
  std::string CountAtTheEnd() {
    EXPECT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
    std::string codes;
    auto scrape = ParseScrape(metrics_.Scrape());
    for (const ScrapedSample& sample : scrape["lookbook_requests_total"].samples) {
      if (sample.value == 1) absl::StrAppend(&codes, sample.labels.at("code"));
    }
    return codes;
  }

  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{{.requests_per_second = 0, .errors_per_second = 0}};
  DrainGate gate_;
  ManualService service_{{&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)}};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::CatalogService::Stub> stub_;
  grpc::ClientContext context_;
  std::future<grpc::Status> answer_;
};

TEST_F(UnaryCallTest, WithoutAClientsDeadlineTheCapCounts) {
  Call* call = Start();
  EXPECT_EQ(call->deadline(), clock_.Now() + absl::Seconds(10));
  EXPECT_FALSE(*call->cancelled());
  call->Complete(absl::OkStatus());
  EXPECT_TRUE(answer_.get().ok());
}

TEST_F(UnaryCallTest, AClientsDeadlineIsTakenOver) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  Call* call = Start();
  // The header counts hundredths of a second here, rounded up.
  EXPECT_LE(call->deadline(), clock_.Now() + absl::Seconds(5) + absl::Milliseconds(20));
  EXPECT_GT(call->deadline(), clock_.Now());
  call->Complete(absl::OkStatus());
  EXPECT_TRUE(answer_.get().ok());
}

TEST_F(UnaryCallTest, ACancelIsSeenWhileTheCallRuns) {
  Call* call = Start();
  const std::shared_ptr<std::atomic<bool>> cancelled = call->cancelled();
  context_.TryCancel();
  while (!*cancelled) std::this_thread::yield();
  call->Complete(absl::CancelledError("seen"));
  EXPECT_EQ(answer_.get().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(UnaryCallTest, AnAnswerThatCameAfterTheCancelIsNoSuccess) {
  Call* call = Start();
  const std::shared_ptr<std::atomic<bool>> cancelled = call->cancelled();
  context_.TryCancel();
  while (!*cancelled) std::this_thread::yield();
  call->Complete(absl::OkStatus());
  EXPECT_EQ(answer_.get().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(CountAtTheEnd(), "CANCELLED");
}

TEST_F(UnaryCallTest, AnAnswerThatCameAfterTheDeadlineIsNoSuccess) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  Call* call = Start();
  const std::shared_ptr<std::atomic<bool>> cancelled = call->cancelled();
  EXPECT_EQ(answer_.get().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (!*cancelled) std::this_thread::yield();
  clock_.Advance(absl::Seconds(1));
  call->Complete(absl::OkStatus());
  EXPECT_EQ(CountAtTheEnd(), "DEADLINE_EXCEEDED");
}

TEST_F(UnaryCallTest, AnAnswerThatWasReceivedIsWhatItIs) {
  Call* call = Start();
  clock_.Advance(absl::Hours(1));  // The server's cap does not take an answer away.
  call->Complete(absl::OkStatus());
  EXPECT_TRUE(answer_.get().ok());
  EXPECT_EQ(CountAtTheEnd(), "OK");
}

TEST_F(UnaryCallTest, TheStatusArrivesWithItsReason) {
  Start()->Complete(absl::NotFoundError("gone"));
  const grpc::Status status = answer_.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "gone");
  EXPECT_EQ(ReasonIn(status), "not_found");
  EXPECT_EQ(context_.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 0u);
}

TEST_F(UnaryCallTest, OnlyResourceExhaustedAsksToComeBackLater) {
  Start()->Complete(absl::ResourceExhaustedError("full"));
  EXPECT_EQ(answer_.get().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(context_.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
}

class UnaryCallTraceTest : public UnaryCallTest {
 protected:
  // The only value of the reply's trailing metadata under this name; "" where there is none.
  std::string Trailer(const std::string& name) const {
    const auto& trailers = context_.GetServerTrailingMetadata();
    EXPECT_LE(trailers.count(name), 1u) << name;
    const auto found = trailers.find(name);
    return found == trailers.end() ? "" : std::string(found->second.data(), found->second.size());
  }
};

TEST_F(UnaryCallTraceTest, ItsTraceAndItsIdGoBackWithEveryAnswer) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
  context_.AddMetadata("traceparent", absl::StrCat("00-", trace, "-", span, "-01"));
  context_.AddMetadata("tracestate", "rojo=1");
  context_.AddMetadata("x-request-id", "proxy-7");
  Start()->Complete(absl::NotFoundError("gone"));
  EXPECT_EQ(answer_.get().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(Trailer("traceparent"),
              ::testing::MatchesRegex(absl::StrCat("00-", trace, "-[0-9a-f]{16}-01")));
  EXPECT_NE(Trailer("traceparent").substr(36, 16), span) << "its own span, not its caller's";
  EXPECT_EQ(Trailer("tracestate"), "rojo=1");
  EXPECT_EQ(Trailer("x-request-id"), "proxy-7");
}

TEST_F(UnaryCallTraceTest, WhoSendsNoneLearnsTheTraceThatBegan) {
  Start()->Complete(absl::OkStatus());
  EXPECT_TRUE(answer_.get().ok());
  EXPECT_THAT(Trailer("traceparent"), ::testing::MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
  EXPECT_EQ(Trailer("tracestate"), "");
  EXPECT_EQ(Trailer("x-request-id"), Trailer("traceparent").substr(36, 16));
}

TEST_F(UnaryCallTest, AReplyThatThrowsEndsTheCall) {
  Start()->CompleteWith([]() -> absl::Status { throw std::bad_alloc(); });
  const grpc::Status status = answer_.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "memory");
  EXPECT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
}

TEST_F(UnaryCallTest, ACallIsInsideTheGateUntilItEnds) {
  Call* call = Start();
  EXPECT_FALSE(call->Refused());
  EXPECT_FALSE(gate_.AwaitEmpty(absl::ZeroDuration()));
  call->Complete(absl::OkStatus());
  EXPECT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
  answer_.wait();
}

TEST_F(UnaryCallTest, AClosedGateSendsCallsToAnotherReplica) {
  gate_.Close();
  EXPECT_TRUE(Start()->Refused());
  const grpc::Status status = answer_.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "draining");
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
}

}  // namespace
}  // namespace lookbook
