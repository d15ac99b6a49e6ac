// The wiring, with a fake bundle behind it.
#include "server/server.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/reason.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_client.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    config_.listen.data = "127.0.0.1:0";
    config_.listen.admin = "127.0.0.1:0";
    config_.metrics.listen = "off";  // Closing it takes two seconds.
    config_.bundles = {{"default", "/root-1"}, {"other", "/root-2"}};
    config_.deadlines.lame_duck = absl::ZeroDuration();
    config_.log.requests_per_second = 0;
    ConfigureLogging(LogLevel::kError, LogFormat::kText);
  }

  void Listen() {
    auto server = Server::Listen(config_, [this](const std::string& root, const BundleOptions&) {
      opened_.push_back(root);
      return opens_;
    });
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    channel_ = ChannelTo(server_->data_port());
  }

  HealthCheckResponse::ServingStatus Health(const std::string& service) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    EXPECT_TRUE(Health::NewStub(channel_)->Check(&context, request, &response).ok());
    return response.status();
  }

  grpc::Status Search(const v1::SearchRequest& request) {
    grpc::ClientContext context;
    v1::SearchResponse response;
    return v1::SearchService::NewStub(channel_)->Search(&context, request, &response);
  }
  // Looks at the workers until one that embeds is found to hang. With a limit of a millisecond a
  // thread that decodes may be found before it, where it was not scheduled for so long.
  void CheckUntilEmbedStalls() {
    const auto stalls = HasSubstr("lookbook_watchdog_stalls_total{thread=\"embed\"} 1");
    while (!::testing::Matches(stalls)(server_->metrics().Scrape()))
      ASSERT_THAT(server_->CheckWorkers(), IsOk());
  }
  // Waits until a connection was refused for this reason; false: none is.
  bool RefusesAConnection(const char* reason) {
    const auto refused =
        HasSubstr(absl::StrCat("lookbook_connections_rejected_total{reason=\"", reason, "\"} 1\n"));
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (absl::Now() < end) {
      if (::testing::Matches(refused)(server_->metrics().Scrape())) return true;
      std::this_thread::yield();
    }
    return false;
  }
  void CheckUntilServing() {
    while (server_->state() != ServingState::kServing) ASSERT_THAT(server_->CheckWorkers(), IsOk());
  }
  static v1::SearchRequest ItemRequest() {
    v1::SearchRequest request;
    request.set_item_id("item-1");
    return request;
  }

  TempDir directory_;
  ServerConfig config_ = DefaultServerConfig(1);
  FakeBundle fake_ = MakeFakeBundle(directory_ / "items", "fake-1");
  absl::StatusOr<std::shared_ptr<const Bundle>> opens_ = fake_.bundle;
  std::vector<std::string> opened_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServerTest, IsAliveButNotReadyUntilItsBundlesAreLoaded) {
  Listen();
  EXPECT_EQ(server_->state(), ServingState::kStarting);
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("lookbook.v1.SearchService"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("liveness"), HealthCheckResponse::SERVING);
  EXPECT_EQ(ReasonIn(Search(ItemRequest())), "no_bundle");
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  EXPECT_EQ(server_->state(), ServingState::kServing);
  for (const char* service :
       {"", "lookbook.v1.SearchService", "lookbook.v1.CatalogService", "liveness"}) {
    EXPECT_EQ(Health(service), HealthCheckResponse::SERVING) << service;
  }
  EXPECT_TRUE(Search(ItemRequest()).ok());
  EXPECT_THAT(opened_, ::testing::ElementsAre("/root-1", "/root-2"));
}

TEST_F(ServerTest, SaysWhereItServesWhat) {
  config_.metrics.listen = "127.0.0.1:0";
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  EXPECT_EQ(server_->Describe(),
            absl::StrCat("serving on 127.0.0.1:", server_->data_port(), ", admin on 127.0.0.1:",
                         server_->admin_port(), ", metrics on 127.0.0.1:", server_->metrics_port(),
                         ": default=fake-1 (40 items), other=fake-1 (40 items)"));
}

TEST_F(ServerTest, ABundleThatDoesNotLoadIsNamedAndNothingIsServed) {
  Listen();
  opens_ = WithReason(absl::DataLossError("model.ts: SHA-256 differs"), "checksum");
  EXPECT_THAT(server_->LoadBundles(),
              AllOf(StatusIs(absl::StatusCode::kDataLoss,
                             StartsWith("bundle default in /root-1: model.ts")),
                    HasReason("checksum")));
  EXPECT_EQ(server_->state(), ServingState::kStarting);
  EXPECT_EQ(opened_.size(), 1u) << "the first failure ends it";
}

TEST_F(ServerTest, AStopWhileLoadingIsSeenBetweenBundles) {
  Listen();
  EXPECT_THAT(server_->LoadBundles([this] { return opened_.size() == 1; }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(opened_.size(), 1u);
}

TEST_F(ServerTest, PortsInUseAreNamed) {
  config_.metrics.listen = "127.0.0.1:0";
  Listen();
  config_.listen.data = absl::StrCat("127.0.0.1:", server_->data_port());
  EXPECT_THAT(Server::Listen(config_).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(config_.listen.data)));
  config_.listen.data = "127.0.0.1:0";
  config_.metrics.listen = absl::StrCat("127.0.0.1:", server_->metrics_port());
  EXPECT_THAT(Server::Listen(config_).status(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(config_.metrics.listen)));
}

TEST_F(ServerTest, AWrongConfigurationOpensNothing) {
  config_.batch.queue_capacity = 1;
  EXPECT_THAT(Server::Listen(config_).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.queue_capacity 1")));
}

TEST_F(ServerTest, MetricsMayBeOff) {
  Listen();
  EXPECT_EQ(server_->metrics_port(), -1);
  EXPECT_GT(server_->admin_port(), 0);
  EXPECT_THAT(server_->Describe(), Not(HasSubstr("metrics")));
}

TEST_F(ServerTest, ConfigurationReachesTheParts) {
  config_.limits.image_bytes = 1024;
  config_.batch.max_size = 3;
  config_.decode.threads = 2;
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  v1::SearchRequest request;
  request.set_image(MakeJpeg(NoisyImage(100, 100)));
  EXPECT_EQ(ReasonIn(Search(request)), "image_too_large");
  const std::string scrape = server_->metrics().Scrape();
  EXPECT_THAT(scrape, HasSubstr("lookbook_threads{pool=\"decode\"} 4")) << "two for each bundle";
  EXPECT_THAT(scrape, HasSubstr("lookbook_health_serving{service=\"\"} 1"));
}

TEST_F(ServerTest, AnAdminMessageOf64KiBArrivesAndOneByteMoreDoesNot) {
  Listen();
  const auto set_level = [this](size_t message_bytes) {
    grpc::ClientContext context;
    v1::SetLogLevelRequest request;
    request.set_level(std::string(message_bytes - 4, 'x'));  // Tag and length of such a field.
    EXPECT_EQ(request.ByteSizeLong(), message_bytes);
    v1::SetLogLevelResponse response;
    return v1::AdminService::NewStub(ChannelTo(server_->admin_port()))
        ->SetLogLevel(&context, request, &response);
  };
  const grpc::Status at_limit = set_level(64 << 10), beyond = set_level((64 << 10) + 1);
  EXPECT_EQ(at_limit.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << at_limit.error_message();
  EXPECT_EQ(ReasonIn(at_limit), "bad_log_level") << "it was read, and refused for its level";
  EXPECT_EQ(beyond.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << beyond.error_message();
  EXPECT_EQ(ReasonIn(beyond), "") << "refused before it was a request";
}

TEST_F(ServerTest, OneAddressHasItsShareOfConnections) {
  config_.limits.connections_per_address = 1;
  Listen();
  const TcpClient first(server_->data_port()), second(server_->data_port());
  EXPECT_TRUE(RefusesAConnection("address"));
}

TEST_F(ServerTest, OneAddressCannotTakeAllPlacesOfTheHealthPort) {
  config_.listen.health = "127.0.0.1:0";
  Listen();
  std::vector<TcpClient> clients;
  for (int i = 0; i < 26; ++i) clients.emplace_back(server_->health_port());
  EXPECT_TRUE(RefusesAConnection("address"));
}

TEST_F(ServerTest, ACallThatRunsWhenTheServerStopsIsFinished) {
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  auto call = std::async(std::launch::async, [&] { return Search(request); });
  fake_.embedder->AwaitHeld(1);
  auto stop = std::async(std::launch::async, [&] { server_->Stop(); });
  while (server_->state() != ServingState::kDraining) std::this_thread::yield();
  fake_.embedder->Release();
  EXPECT_TRUE(call.get().ok());
  stop.get();
  EXPECT_EQ(server_->state(), ServingState::kStopped);
  EXPECT_EQ(Search(ItemRequest()).error_code(), grpc::StatusCode::UNAVAILABLE);
  server_->Stop();  // Again: nothing left to do.
}

TEST_F(ServerTest, ADrainThatIsOverCancelsWhatRuns) {
  config_.deadlines.drain = absl::ZeroDuration();
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  auto call = std::async(std::launch::async, [&] { return Search(request); });
  fake_.embedder->AwaitHeld(1);
  auto stop = std::async(std::launch::async, [&] { server_->Stop(); });
  EXPECT_FALSE(call.get().ok()) << "answered although the model is still busy";
  fake_.embedder->Release();
  stop.get();
}

TEST_F(ServerTest, AWatchSeesTheStopAndDoesNotDelayIt) {
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  grpc::ClientContext context;
  auto watch = Health::NewStub(channel_)->Watch(&context, {});
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  server_->Stop();
  EXPECT_EQ(server_->state(), ServingState::kStopped);
}

TEST_F(ServerTest, AStopAnswersTheQueriesOfAStreamAndEndsIt) {
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  grpc::ClientContext context, idle_context;
  const auto stub = v1::SearchService::NewStub(channel_);
  const auto stream = stub->SearchStream(&context);
  const auto idle = stub->SearchStream(&idle_context);
  idle->WaitForInitialMetadata();
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  ASSERT_TRUE(stream->Write(request));
  fake_.embedder->AwaitHeld(1);
  auto stop = std::async(std::launch::async, [&] { server_->Stop(); });
  EXPECT_EQ(ReasonIn(idle->Finish()), "draining") << "while a query is still held";
  fake_.embedder->Release();
  v1::SearchStreamResponse answer;
  EXPECT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.response().neighbors_size(), 10);
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(ReasonIn(stream->Finish()), "draining");
  stop.get();
  EXPECT_EQ(server_->state(), ServingState::kStopped);
}

TEST_F(ServerTest, HowMuchOfAStreamIsReadIsAnOption) {
  config_.limits.queries_per_stream = 2;
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  grpc::ClientContext context;
  const auto stub = v1::SearchService::NewStub(channel_);
  const auto stream = stub->SearchStream(&context);
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(request));
  const std::string series = "lookbook_deadline_remaining_seconds_count{method=\"SearchStream\"} ";
  while (server_->metrics().Scrape().find(series + "2") == std::string::npos)
    std::this_thread::yield();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ReasonIn(Search({})), "missing_query");
  EXPECT_THAT(server_->metrics().Scrape(), HasSubstr(series + "2"));
  fake_.embedder->Release();
  v1::SearchStreamResponse answer;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(stream->Read(&answer));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

// A device that a test takes away.
class FakeBackend : public DeviceBackend {
 public:
  explicit FakeBackend(const std::atomic<bool>* lost) : lost_(*lost) {}
  std::string Describe() const override { return "fake"; }
  Precision precision() const override { return Precision::kFloat32; }
  absl::StatusOr<std::unique_ptr<Embedder>> OpenEmbedder(absl::string_view,
                                                         const EmbedderSpec&) const override {
    return absl::UnimplementedError("the fake bundle has one");
  }
  absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec&, const std::string&, int,
                                                         int64_t, int) const override {
    return absl::UnimplementedError("the fake bundle has one");
  }
  BackendStats Stats() const override { return {.devices = {{.name = "7", .utilization = 0.25}}}; }
  absl::Status Health() const override {
    if (!lost_) return absl::OkStatus();
    return WithReason(absl::UnavailableError("the device fell off the bus"), "device_lost");
  }

 private:
  const std::atomic<bool>& lost_;
};

v1::SearchRequest ImageRequest() {
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  return request;
}

TEST_F(ServerTest, AWorkerThatHangsTurnsHealthAndOneThatGoesOnTurnsItBack) {
  config_.watchdog.stalled_after = absl::Milliseconds(1);
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  ASSERT_THAT(server_->CheckWorkers(), IsOk());
  EXPECT_EQ(server_->state(), ServingState::kServing);
  fake_.embedder->Hold();
  auto answer = std::async(std::launch::async, [this] { return Search(ImageRequest()); });
  CheckUntilEmbedStalls();
  EXPECT_EQ(server_->state(), ServingState::kStalled);
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("liveness"), HealthCheckResponse::SERVING);
  fake_.embedder->Release();
  EXPECT_TRUE(answer.get().ok()) << "nothing is lost";
  CheckUntilServing();
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);
}

TEST_F(ServerTest, AWorkerThatHangsForGoodIsReasonToEnd) {
  config_.watchdog = {absl::Milliseconds(1), absl::Milliseconds(2), "exit"};
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  auto answer = std::async(std::launch::async, [this] { return Search(ImageRequest()); });
  absl::Status stuck;
  while (stuck.ok() || absl::StrContains(stuck.message(), "decode"))
    stuck = server_->CheckWorkers();
  EXPECT_THAT(stuck, AllOf(StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("\"embed\"")),
                           HasReason("stuck")));
  fake_.embedder->Release();
  EXPECT_TRUE(answer.get().ok());
}

TEST_F(ServerTest, AProcessThatIsTooLargeTurnsHealthAndGoesOnAnswering) {
  config_.watchdog.memory_bytes = 1 << 20;
  config_.watchdog.on_memory = "report";
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  EXPECT_THAT(server_->CheckMemory(), IsOk());
  EXPECT_EQ(server_->state(), ServingState::kStalled);
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("liveness"), HealthCheckResponse::SERVING);
  EXPECT_TRUE(Search(ItemRequest()).ok());
  EXPECT_THAT(server_->metrics().Scrape(), HasSubstr("lookbook_watchdog_memory_bytes 1048576"));
}

TEST_F(ServerTest, AProcessThatIsFarTooLargeHasReasonToEnd) {
  config_.watchdog.memory_bytes = 1 << 20;
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  EXPECT_THAT(server_->CheckMemory(),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted), HasReason("memory")));
}

TEST_F(ServerTest, ThisProcessIsNotTooLargeByDefault) {
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  EXPECT_THAT(server_->CheckMemory(), IsOk());
  EXPECT_EQ(server_->state(), ServingState::kServing);
}

TEST_F(ServerTest, AWorkerThatHangsForGoodIsOnlyReportedWhereThatIsAsked) {
  config_.watchdog = {absl::Milliseconds(1), absl::Milliseconds(2), "report"};
  Listen();
  ASSERT_THAT(server_->LoadBundles(), IsOk());
  fake_.embedder->Hold();
  auto answer = std::async(std::launch::async, [this] { return Search(ImageRequest()); });
  CheckUntilEmbedStalls();
  absl::SleepFor(absl::Milliseconds(5));  // Past give_up_after, for whoever would count it.
  EXPECT_THAT(server_->CheckWorkers(), IsOk());
  EXPECT_EQ(server_->state(), ServingState::kStalled);
  fake_.embedder->Release();
  EXPECT_TRUE(answer.get().ok());
}

class DeviceServerTest : public ServerTest {
 protected:
  // What a bundle was opened on: a device or, null, the CPU.
  void Serve(const std::string& on_device_lost) {
    config_.cuda.on_device_lost = on_device_lost;
    auto server = Server::Listen(
        config_,
        [this](const std::string& path, const BundleOptions& options) {
          devices_.push_back(options.device);
          paths_.push_back(path);
          return opens_;
        },
        std::make_unique<FakeBackend>(&lost_));
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    channel_ = ChannelTo(server_->data_port());
    ASSERT_THAT(server_->LoadBundles(), IsOk());
    ASSERT_THAT(devices_, ::testing::ElementsAre(::testing::NotNull(), ::testing::NotNull()));
    ASSERT_THAT(server_->CheckDevice(), IsOk());
  }

  std::atomic<bool> lost_ = false;
  std::vector<const DeviceBackend*> devices_;
  std::vector<std::string> paths_;
};

TEST_F(DeviceServerTest, ALostDeviceStopsTheServer) {
  Serve("exit");
  lost_ = true;
  EXPECT_THAT(server_->CheckDevice(),
              AllOf(StatusIs(absl::StatusCode::kUnavailable, HasSubstr("fell off")),
                    HasReason("device_lost")));
  EXPECT_EQ(server_->state(), ServingState::kStopped);
  EXPECT_EQ(devices_.size(), 2u);
}

TEST_F(DeviceServerTest, ALostDeviceMovesEveryBundleToTheCpuWhereThatIsAsked) {
  Serve("cpu");
  EXPECT_THAT(server_->metrics().Scrape(), HasSubstr("lookbook_gpu_lost 0\n"));
  lost_ = true;
  EXPECT_THAT(server_->CheckDevice(), IsOk());
  EXPECT_THAT(server_->metrics().Scrape(), HasSubstr("lookbook_gpu_lost 1\n"));
  EXPECT_EQ(server_->state(), ServingState::kServing);
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);
  EXPECT_TRUE(Search(ItemRequest()).ok());
  ASSERT_EQ(devices_.size(), 4u);
  EXPECT_EQ(devices_[2], nullptr);
  EXPECT_EQ(devices_[3], nullptr);
  EXPECT_EQ(paths_[2], (*opens_)->directory) << "what was live, not what CURRENT names by now";
  EXPECT_THAT(server_->CheckDevice(), IsOk());
  EXPECT_EQ(devices_.size(), 4u) << "it moves once";
}

TEST_F(DeviceServerTest, ItStopsWhenTheMoveFails) {
  Serve("cpu");
  lost_ = true;
  opens_ = absl::DataLossError("gone too");
  EXPECT_THAT(server_->CheckDevice(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(server_->state(), ServingState::kStopped);
}

TEST_F(DeviceServerTest, ScrapesShowTheDevice) {
  Serve("exit");
  EXPECT_THAT(server_->metrics().Scrape(),
              HasSubstr("lookbook_gpu_utilization_ratio{device=\"7\"} 0.25"));
}

}  // namespace
}  // namespace lookbook
