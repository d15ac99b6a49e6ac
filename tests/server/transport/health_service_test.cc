#include "server/transport/health_service.h"

#include <future>

#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() {
    auto server = GrpcServer::Listen({}, {&health_});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = Health::NewStub(ChannelTo(server_->port()));
  }
  ~HealthServiceTest() override { server_->Shutdown(absl::ZeroDuration()); }

  static HealthCheckRequest Request(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    grpc::ClientContext context;
    return stub_->Check(&context, Request(service), response);
  }

  // The next state that `reader` sees.
  template <typename Reader>
  static HealthCheckResponse::ServingStatus Next(Reader& reader) {
    HealthCheckResponse response;
    EXPECT_TRUE(reader->Read(&response));
    return response.status();
  }

  HealthService health_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, CheckAnswersPerService) {
  health_.Set("", true);
  health_.Set("liveness", false);
  HealthCheckResponse response;
  ASSERT_TRUE(Check("", &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  ASSERT_TRUE(Check("liveness", &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  const grpc::Status unknown = Check("no.such.Service", &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonIn(unknown), "unknown_service");
}

TEST_F(HealthServiceTest, WatchTellsTheStateNowAndEveryChange) {
  health_.Set("", false);
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Request(""));
  EXPECT_EQ(Next(reader), HealthCheckResponse::NOT_SERVING);
  health_.Set("", true);
  EXPECT_EQ(Next(reader), HealthCheckResponse::SERVING);
  health_.Set("", true);          // No change: nothing is told.
  health_.Set("liveness", true);  // Another service.
  health_.Set("", false);
  EXPECT_EQ(Next(reader), HealthCheckResponse::NOT_SERVING);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthServiceTest, AnUnknownServiceIsWatchedUntilItIsKnown) {
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Request("later"));
  EXPECT_EQ(Next(reader), HealthCheckResponse::SERVICE_UNKNOWN);
  health_.Set("later", true);
  EXPECT_EQ(Next(reader), HealthCheckResponse::SERVING);
  context.TryCancel();
}

TEST_F(HealthServiceTest, ANameThatIsTooLongIsNotWatched) {
  HealthCheckResponse response;
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Request(std::string(kMaxWatchedNameBytes + 1, 'x')));
  ASSERT_FALSE(reader->Read(&response));
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(status), "bad_service");
  grpc::ClientContext longest;
  auto watched = stub_->Watch(&longest, Request(std::string(kMaxWatchedNameBytes, 'x')));
  EXPECT_EQ(Next(watched), HealthCheckResponse::SERVICE_UNKNOWN);
  longest.TryCancel();
}

TEST_F(HealthServiceTest, ASlowWatcherSeesTheLastState) {
  health_.Set("", false);
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Request(""));
  EXPECT_EQ(Next(reader), HealthCheckResponse::NOT_SERVING);
  for (int i = 0; i < 1000; ++i) health_.Set("", i % 2 == 0);
  health_.Set("", true);
  health_.EndWatches();
  HealthCheckResponse response, last;
  while (reader->Read(&response)) last = response;
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, WatchesDoNotOutliveADrain) {
  health_.Set("", true);
  grpc::ClientContext context;
  auto reader = stub_->Watch(&context, Request(""));
  EXPECT_EQ(Next(reader), HealthCheckResponse::SERVING);
  health_.EndWatches();
  HealthCheckResponse response;
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "draining");

  grpc::ClientContext late_context;
  auto late = stub_->Watch(&late_context, Request(""));
  while (late->Read(&response)) {
  }
  EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  // Without EndWatches() this would take the whole hour.
  server_->Shutdown(absl::Hours(1));
}

TEST_F(HealthServiceTest, ManyWatchersComeAndGoWhileTheStateChanges) {
  health_.Set("", false);
  std::vector<std::future<void>> watchers;
  for (int t = 0; t < 4; ++t) {
    watchers.push_back(std::async(std::launch::async, [this] {
      for (int i = 0; i < 25; ++i) {
        grpc::ClientContext context;
        auto reader = stub_->Watch(&context, Request(""));
        HealthCheckResponse response;
        EXPECT_TRUE(reader->Read(&response));
        context.TryCancel();
        EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
      }
    }));
  }
  for (int i = 0; i < 500; ++i) health_.Set("", i % 2 == 0);
  for (auto& watcher : watchers) watcher.get();
}

}  // namespace
}  // namespace lookbook
