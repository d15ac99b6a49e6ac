#include "server/transport/grpc_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <sched.h>

#include <filesystem>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using ::testing::Each;
using ::testing::HasSubstr;

class GrpcServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<GrpcServer> Listen(const GrpcServerOptions& options = {}) {
    auto server = GrpcServer::Listen(options, {&health_});
    EXPECT_THAT(server, IsOk());
    return *std::move(server);
  }

  grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel,
                     const std::string& service = "") {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    return Health::NewStub(channel)->Check(&context, request, &response);
  }

  // Calls a method that need not exist, with an empty message.
  grpc::Status CallByName(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& method) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    const grpc::Slice nothing("", 0);
    grpc::ByteBuffer request(&nothing, 1), response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, method, {}, &request, &response,
                   [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }

  HealthService health_;
};

TEST_F(GrpcServerTest, PortZeroIsAFreePort) {
  health_.Set("", true);
  const auto server = Listen();
  EXPECT_GT(server->port(), 0);
  EXPECT_TRUE(Check(ChannelTo(server->port())).ok());
}

// Scheduling policies of the threads of this process that gRPC runs callbacks on.
std::vector<int> PoliciesOfCallbackThreads() {
  std::vector<int> policies;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto name = ReadFile(thread.path() / "comm");
    if (name.ok() && absl::StartsWith(*name, "nexting_thread")) {
      policies.push_back(::sched_getscheduler(std::stoi(thread.path().filename())));
    }
  }
  return policies;
}

TEST_F(GrpcServerTest, ItsThreadsDoNotInterruptOthersWhoCompute) {
  const auto server = Listen();
  std::vector<int> policies = PoliciesOfCallbackThreads();
  while (policies.empty()) policies = PoliciesOfCallbackThreads();  // They name themselves.
  EXPECT_THAT(policies, Each(SCHED_BATCH));
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER) << "whoever listens computes on as before";
}

TEST_F(GrpcServerTest, APortInUseIsAnErrorThatNamesIt) {
  const auto server = Listen();
  const std::string address = absl::StrCat("127.0.0.1:", server->port());
  ::testing::internal::CaptureStderr();
  HealthService other;
  EXPECT_THAT(GrpcServer::Listen({.address = address}, {&other}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(address)));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "gRPC must not add lines of its own";
}

TEST_F(GrpcServerTest, AnAddressOfAnotherMachineIsAnError) {
  EXPECT_THAT(GrpcServer::Listen({.address = "192.0.2.1:0"}, {&health_}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("192.0.2.1:0")));
}

TEST_F(GrpcServerTest, CompressedMessagesAreRefusedBeforeTheyUnfold) {
  health_.Set(std::string(20000, 'x'), true);
  const auto server = Listen();
  for (auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const grpc::Status status =
        Check(ChannelTo(server->port(), algorithm), std::string(20000, 'x'));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  }
  EXPECT_TRUE(Check(ChannelTo(server->port()), std::string(20000, 'x')).ok());
}

TEST_F(GrpcServerTest, MessagesUpToTheLimit) {
  const auto server = Listen({.max_message_bytes = 4096});
  // One byte of tag and two of length stand before the text.
  EXPECT_EQ(Check(ChannelTo(server->port()), std::string(4093, 'x')).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Check(ChannelTo(server->port()), std::string(4094, 'x')).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServerTest, ReflectionIsAChoice) {
  const char* method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const auto with = Listen({.reflection = true});
  const auto without = Listen({.reflection = false});
  EXPECT_EQ(CallByName(ChannelTo(without->port()), method).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_NE(CallByName(ChannelTo(with->port()), method).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, AnUnknownMethodIsUnimplemented) {
  const auto server = Listen();
  EXPECT_EQ(
      CallByName(ChannelTo(server->port()), "/lookbook.v1.SearchService/Nothing").error_code(),
      grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, ShutdownMayBeCalledAgain) {
  const auto server = Listen();
  server->Shutdown(absl::Seconds(1));
  server->Shutdown(absl::Seconds(1));
  EXPECT_EQ(Check(ChannelTo(server->port())).error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace lookbook
