// Stopping a server that is in use loses no call.
#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;

constexpr int kClients = 6;

// Clients that call without a pause until the server is gone.
class DrainTest : public ServerFixture {
 protected:
  DrainTest() { Start(); }

  void RunClients() {
    for (int i = 0; i < kClients; ++i) {
      clients_.push_back(std::async(std::launch::async, [this] {
        const v1::SearchRequest request = ImageRequest(TestImageFile(1, 16));
        const auto stub = v1::SearchService::NewStub(ChannelTo(server_->data_port()));
        while (true) {
          grpc::ClientContext context;
          v1::SearchResponse response;
          const grpc::Status status = stub->Search(&context, request, &response);
          if (!status.ok()) {
            EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
            return;
          }
          EXPECT_EQ(response.neighbors(0).item_id(), "item-1");
          ++answered_;
        }
      }));
    }
  }

  // Calls that the server ended with OK, and with another code than OK and "go to another replica".
  std::pair<int, int> FailedAndOk() {
    int failed = 0, ok = 0;
    for (absl::string_view line : absl::StrSplit(server_->metrics().Scrape(), '\n')) {
      if (!absl::StartsWith(line, "lookbook_requests_total{")) continue;
      const int count = std::stoi(std::string(line.substr(line.rfind(' ') + 1)));
      if (absl::StrContains(line, "code=\"UNAVAILABLE\"")) continue;
      (absl::StrContains(line, "code=\"OK\"") ? ok : failed) += count;
    }
    return {failed, ok};
  }

  std::atomic<int> answered_{0};
  std::vector<std::future<void>> clients_;
};

TEST_F(DrainTest, EveryCallThatTheServerTookIsAnsweredWell) {
  RunClients();
  while (answered_ < 20) std::this_thread::yield();
  server_->Stop();
  for (auto& client : clients_) client.get();
  const auto [failed, ok] = FailedAndOk();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ok, answered_) << "what the server counts as answered has reached its caller";
}

TEST_F(DrainTest, CallsAreServedThroughTheLameDuck) {
  config_.deadlines.lame_duck = absl::Milliseconds(300);
  server_.reset();
  Start();
  RunClients();
  while (answered_ < 20) std::this_thread::yield();
  auto stop = std::async(std::launch::async, [this] { server_->Stop(); });
  while (server_->state() != ServingState::kLameDuck) std::this_thread::yield();
  const int before = answered_;
  grpc::ClientContext context;
  HealthCheckResponse health;
  ASSERT_TRUE(Health::NewStub(ChannelTo(server_->data_port()))->Check(&context, {}, &health).ok());
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  while (answered_ < before + 5 && server_->state() == ServingState::kLameDuck)
    std::this_thread::yield();
  EXPECT_GE(answered_, before + 5) << "new calls are answered after the signal";
  stop.get();
  for (auto& client : clients_) client.get();
  EXPECT_EQ(FailedAndOk().first, 0);
}

}  // namespace
}  // namespace lookbook
