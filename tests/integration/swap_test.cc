// Changing the bundle of a server that is in use: no call fails, and no answer mixes two bundles.
#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "server/lifecycle/bundle_files.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

constexpr int kClients = 4;

class SwapTest : public ServerFixture {
 protected:
  SwapTest() : second_(WriteTestBundle(directory_ / "default", SecondOptions())) {
    EXPECT_THAT(second_, IsOk());
  }
  ~SwapTest() override { EndClients(); }

  // Beside the first one in the same root, with other items, another model and another dimension.
  static TestBundleOptions SecondOptions() {
    TestBundleOptions options = Options(99);
    options.created += absl::Hours(1);
    options.item_prefix = "other-";
    options.items = 120;
    options.dim = 24;
    options.activate = false;
    return options;
  }

  void Serve() {
    Start();
    admin_ = v1::AdminService::NewStub(ChannelTo(server_->admin_port()));
  }

  grpc::Status Activate(const std::string& id) {
    grpc::ClientContext context;
    v1::ActivateBundleRequest request;
    request.set_bundle_id(id);
    v1::ActivateBundleResponse response;
    return admin_->ActivateBundle(&context, request, &response);
  }

  // The id of the bundle that answers now.
  std::string Answering() {
    v1::SearchResponse response;
    EXPECT_TRUE(Search(ImageRequest(TestImageFile(1, 16)), &response).ok());
    return response.bundle_id();
  }

  // Everything in an answer is of the bundle that it names.
  void ExpectUnmixed(const v1::SearchResponse& response) const {
    const bool first = response.bundle_id() == bundle_->id;
    EXPECT_TRUE(first || response.bundle_id() == second_->id) << response.bundle_id();
    const std::string prefix = first ? "item-" : "other-";
    ASSERT_EQ(response.neighbors_size(), 10);
    EXPECT_EQ(response.neighbors(0).item_id(), prefix + "1") << "its own model and index";
    EXPECT_NEAR(response.neighbors(0).similarity(), 1, 1e-5);
    for (const v1::Neighbor& neighbor : response.neighbors()) {
      EXPECT_TRUE(absl::StartsWith(neighbor.item_id(), prefix))
          << neighbor.item_id() << " from " << response.bundle_id();
    }
  }

  void StartClients() {
    for (int i = 0; i < kClients; ++i) {
      clients_.push_back(std::async(std::launch::async, [this] {
        const v1::SearchRequest request = ImageRequest(TestImageFile(1, 16));
        const auto stub = v1::SearchService::NewStub(ChannelTo(server_->data_port()));
        while (!end_) {
          grpc::ClientContext context;
          v1::SearchResponse response;
          const grpc::Status status = stub->Search(&context, request, &response);
          ASSERT_TRUE(status.ok()) << status.error_message();
          ExpectUnmixed(response);
          ++answered_;
        }
      }));
    }
  }
  void AwaitAnswers(int more) {
    const int enough = answered_ + more;
    while (answered_ < enough) std::this_thread::yield();
  }
  void EndClients() {
    end_ = true;
    for (auto& client : clients_) client.get();
    clients_.clear();
  }

  absl::StatusOr<TestBundle> second_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::atomic<bool> end_{false};
  std::atomic<int> answered_{0};
  std::vector<std::future<void>> clients_;
};

TEST_F(SwapTest, NoCallFailsAndNoAnswerMixesTwoBundles) {
  Serve();
  StartClients();
  AwaitAnswers(10);
  for (int swap = 0; swap < 20; ++swap) {
    const std::string& next = swap % 2 == 0 ? second_->id : bundle_->id;
    const grpc::Status status = Activate(next);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(Answering(), next);
    AwaitAnswers(2);
  }
  EndClients();
  BundleMetrics& metrics = server_->metrics().bundle("default");
  while (metrics.retiring.Value() > 0) std::this_thread::yield();
  const std::string scrape = server_->metrics().Scrape();
  EXPECT_THAT(scrape,
              HasSubstr("lookbook_bundle_loads_total{bundle=\"default\",result=\"success\"} 21"));
  EXPECT_EQ(scrape.find(absl::StrCat("bundle_id=\"", second_->id)), std::string::npos)
      << "the series of a retired bundle is gone";
}

TEST_F(SwapTest, ABundleThatFailsACheckIsRefusedAndTheOldOneServes) {
  const std::string model = JoinPath(second_->directory, kModelFile);
  std::string bytes = *ReadFile(model);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_THAT(WriteFile(model, bytes), IsOk());
  Serve();
  StartClients();
  const grpc::Status status = Activate(second_->id);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(ReasonIn(status), "checksum");
  EXPECT_THAT(status.error_message(), HasSubstr("model.ts"));
  AwaitAnswers(5);
  EndClients();
  EXPECT_EQ(Answering(), bundle_->id);
  EXPECT_EQ(ReadCurrent(directory_ / "default")->bundle_id, bundle_->id);
  grpc::ClientContext context;
  HealthCheckResponse health;
  ASSERT_TRUE(Health::NewStub(ChannelTo(server_->data_port()))->Check(&context, {}, &health).ok());
  EXPECT_EQ(health.status(), HealthCheckResponse::SERVING);
}

TEST_F(SwapTest, ABundleThatWouldMakeTheProcessTooLargeIsRefused) {
  config_.watchdog.memory_bytes = 1 << 20;
  Serve();
  const grpc::Status status = Activate(second_->id);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "memory");
  EXPECT_EQ(Answering(), bundle_->id);
}

TEST_F(SwapTest, ARollbackGoesBackAndARestartAgrees) {
  Serve();
  ASSERT_TRUE(Activate(second_->id).ok());
  grpc::ClientContext context;
  v1::RollbackBundleResponse response;
  const grpc::Status status = admin_->RollbackBundle(&context, {}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.activation().bundle_id(), bundle_->id);
  EXPECT_EQ(Answering(), bundle_->id);
  server_.reset();
  Serve();
  EXPECT_EQ(Answering(), bundle_->id);
  ASSERT_TRUE(Activate(second_->id).ok());
  server_.reset();
  Serve();
  EXPECT_EQ(Answering(), second_->id) << "CURRENT was changed";
}

TEST_F(SwapTest, AStormOfReloadsIsAnswered) {
  Serve();
  ASSERT_THAT(
      WriteCurrent(directory_ / "default",
                   *ResolveBundle(directory_ / "default", {BundleChoice::Kind::kId, second_->id})),
      IsOk());
  std::vector<std::future<grpc::Status>> reloads;
  for (int i = 0; i < 100; ++i) {
    reloads.push_back(std::async(std::launch::async, [this] { return Activate(""); }));
  }
  for (auto& reload : reloads) EXPECT_TRUE(reload.get().ok());
  EXPECT_EQ(Answering(), second_->id);
  EXPECT_THAT(server_->metrics().Scrape(),
              HasSubstr("lookbook_bundle_loads_total{bundle=\"default\",result=\"success\"} 2"))
      << "the first one and one for all of them";
}

TEST_F(SwapTest, AWatchFollowsCurrentAndKeepsWhatServesWhenItCannot) {
  config_.lifecycle.watch = true;
  config_.lifecycle.poll_interval = absl::Milliseconds(10);
  const std::string root = directory_ / "default";
  Serve();
  StartClients();
  const CurrentFile second = *ResolveBundle(root, {BundleChoice::Kind::kId, second_->id});
  ASSERT_THAT(WriteCurrent(root, second), IsOk());
  while (Answering() != second_->id) std::this_thread::yield();
  ASSERT_THAT(WriteFile(JoinPath(root, kCurrentFile), "nonsense\n"), IsOk());
  const std::string failed = "lookbook_bundle_loads_total{bundle=\"default\",result=\"manifest\"} ";
  while (!absl::StrContains(server_->metrics().Scrape(), failed + "1")) std::this_thread::yield();
  AwaitAnswers(50);
  EXPECT_EQ(Answering(), second_->id);
  EXPECT_THAT(server_->metrics().Scrape(), HasSubstr(failed + "1\n")) << "tried once, not hotly";
  EndClients();
}

}  // namespace
}  // namespace lookbook
