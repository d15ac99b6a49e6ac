// Health through a server's life, by Check and by Watch.
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr const char* kReadyServices[] = {"", "lookbook.v1.SearchService",
                                          "lookbook.v1.CatalogService"};

class HealthTest : public ServerFixture {
 protected:
  HealthTest() {
    auto server = Server::Listen(config_);
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = Health::NewStub(ChannelTo(server_->data_port()));
  }

  static HealthCheckRequest Request(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }
  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    EXPECT_TRUE(stub_->Check(&context, Request(service), &response).ok()) << service;
    return response.status();
  }

  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthTest, CheckFollowsTheServersLife) {
  for (const char* service : kReadyServices)
    EXPECT_EQ(Check(service), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("liveness"), HealthCheckResponse::SERVING);
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  for (const char* service : kReadyServices)
    EXPECT_EQ(Check(service), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("liveness"), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, WatchSeesEveryTransitionAndTheEnd) {
  grpc::ClientContext contexts[3];
  std::vector<std::unique_ptr<grpc::ClientReader<HealthCheckResponse>>> watches;
  for (int i = 0; i < 3; ++i)
    watches.push_back(stub_->Watch(&contexts[i], Request(kReadyServices[i])));
  const auto expect_all = [&](HealthCheckResponse::ServingStatus status) {
    for (auto& watch : watches) {
      HealthCheckResponse response;
      ASSERT_TRUE(watch->Read(&response));
      EXPECT_EQ(response.status(), status);
    }
  };
  expect_all(HealthCheckResponse::NOT_SERVING);
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  expect_all(HealthCheckResponse::SERVING);
  server_->Stop();
  for (auto& watch : watches) {
    HealthCheckResponse response, last;
    last.set_status(
        HealthCheckResponse::NOT_SERVING);  // It may be skipped: the stream ends right after it.
    while (watch->Read(&response)) last = response;
    EXPECT_EQ(last.status(), HealthCheckResponse::NOT_SERVING);
    EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(HealthTest, AnUnknownServiceIsNotFound) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  EXPECT_EQ(stub_->Check(&context, Request("lookbook.v1.Nothing"), &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace lookbook
