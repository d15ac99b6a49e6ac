// The life of one unary call, seen through a service that only the test has.
#include "server/transport/unary_call.h"

#include <future>

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

  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{0};
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
