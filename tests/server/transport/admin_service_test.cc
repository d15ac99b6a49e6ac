#include "server/transport/admin_service.h"

#include <grpcpp/create_channel.h>

#include "server/transport/grpc_server.h"
#include "tests/server/lifecycle/activation_fixture.h"
#include "tests/server/transport/service_fixture.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class AdminServiceTest : public ActivationFixture {
 protected:
  AdminServiceTest() {
    std::vector<PipelineSet::Entry> entries;
    for (size_t i = 0; i < roots_.size(); ++i) {
      entries.push_back({roots_[i].name, std::move(pipelines_[i])});
    }
    set_ = std::make_unique<PipelineSet>(std::move(entries));
    activator_ = std::make_unique<Activator>(ActivatorOptions(), parts_, roots_);
    readers_ = *ThreadPool::Create({.name = "readers", .threads = 1, .capacity = 4});
    service_ = std::make_unique<AdminService>(
        set_.get(), activator_.get(), readers_.get(),
        CallEnvironment{&metrics_, &clock_, &log_, &gate_, absl::Minutes(1)});
    auto server = GrpcServer::Listen({}, {service_.get()});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::AdminService::NewStub(ChannelTo(server_->port()));
  }
  ~AdminServiceTest() override {
    activator_->Stop();
    server_->Shutdown(absl::ZeroDuration());
  }

  grpc::Status List(const std::string& name, v1::ListBundlesResponse* response) {
    grpc::ClientContext context;
    v1::ListBundlesRequest request;
    request.set_name(name);
    return stub_->ListBundles(&context, request, response);
  }
  grpc::Status Activate(const std::string& name, const std::string& id) {
    grpc::ClientContext context;
    v1::ActivateBundleRequest request;
    request.set_name(name);
    request.set_bundle_id(id);
    v1::ActivateBundleResponse response;
    const grpc::Status status = stub_->ActivateBundle(&context, request, &response);
    activation_ = response.activation();
    return status;
  }
  grpc::Status Rollback(const std::string& name) {
    grpc::ClientContext context;
    v1::RollbackBundleRequest request;
    request.set_name(name);
    v1::RollbackBundleResponse response;
    const grpc::Status status = stub_->RollbackBundle(&context, request, &response);
    activation_ = response.activation();
    return status;
  }

  AccessLog log_{{.requests_per_second = 0, .errors_per_second = 0}};
  DrainGate gate_;
  std::unique_ptr<PipelineSet> set_;
  std::unique_ptr<Activator> activator_;
  std::unique_ptr<ThreadPool> readers_;
  std::unique_ptr<AdminService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
  v1::Activation activation_;
};

TEST_F(AdminServiceTest, ListsWhatIsOnDiskAndWhatIsServed) {
  const std::string old = Publish(0), live = Publish(0);
  Publish(1);
  ASSERT_TRUE(Activate("first", "").ok());
  v1::ListBundlesResponse response;
  ASSERT_TRUE(List("", &response).ok());
  ASSERT_EQ(response.roots_size(), 2);
  EXPECT_EQ(response.roots(0).name(), "first");
  EXPECT_EQ(response.roots(0).active_bundle_id(), live);
  ASSERT_EQ(response.roots(0).bundles_size(), 2);
  EXPECT_TRUE(response.roots(0).bundles(0).active());
  EXPECT_TRUE(response.roots(0).bundles(1).previous());
  EXPECT_EQ(response.roots(1).active_bundle_id(), "");
  response.Clear();
  ASSERT_TRUE(List("second", &response).ok());
  ASSERT_EQ(response.roots_size(), 1);
  EXPECT_EQ(response.roots(0).name(), "second");
}

TEST_F(AdminServiceTest, ActivatesByIdAndByCurrentAndRollsBack) {
  const std::string first = Publish(0), second = Publish(0);
  ASSERT_TRUE(Activate("", "").ok());
  EXPECT_EQ(activation_.name(), "first") << "the first one where no name is given";
  EXPECT_EQ(activation_.bundle_id(), second);
  ASSERT_TRUE(Activate("first", first).ok());
  EXPECT_EQ(activation_.bundle_id(), first);
  EXPECT_EQ(activation_.replaced_bundle_id(), second);
  EXPECT_TRUE(activation_.changed());
  ASSERT_TRUE(Rollback("first").ok());
  EXPECT_EQ(activation_.bundle_id(), second);
  EXPECT_EQ(Current(0), second);
}

TEST_F(AdminServiceTest, RefusalsHaveCodesAndReasons) {
  v1::ListBundlesResponse response;
  EXPECT_EQ(ReasonIn(List("third", &response)), "unknown_bundle");
  EXPECT_EQ(ReasonIn(Activate("third", "")), "unknown_bundle");
  EXPECT_EQ(ReasonIn(Activate("first", "../x")), "bad_bundle_id");
  EXPECT_EQ(ReasonIn(Rollback("first")), "no_previous");
  const std::string id = Publish(0);
  check_ = WithReason(absl::DataLossError("golden case 2"), "golden");
  const grpc::Status status = Activate("first", id);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_THAT(status.error_message(), HasSubstr("golden case 2"));
  EXPECT_EQ(ReasonIn(status), "golden");
  EXPECT_EQ(ReasonIn(List("first", &response)), "") << "the folder is there";
}

TEST_F(AdminServiceTest, AFolderThatCannotBeReadIsUnavailable) {
  v1::ListBundlesResponse response;
  const grpc::Status status = List("first", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << "nothing was published";
  EXPECT_EQ(ReasonIn(status), "io");
}

TEST_F(AdminServiceTest, WhileTheServerStopsNothingChanges) {
  const std::string id = Publish(0);
  activator_->BeginStop();
  EXPECT_EQ(ReasonIn(Activate("first", id)), "draining");
  gate_.Close();
  EXPECT_EQ(ReasonIn(Rollback("first")), "draining");
  EXPECT_EQ(Live(0), "");
}

class LogLevelTest : public AdminServiceTest {
 protected:
  LogLevelTest() { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }
  ~LogLevelTest() override { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }

  grpc::Status SetLevel(const std::string& level) {
    grpc::ClientContext context;
    v1::SetLogLevelRequest request;
    request.set_level(level);
    return stub_->SetLogLevel(&context, request, &levels_);
  }

  v1::SetLogLevelResponse levels_;
};

TEST_F(LogLevelTest, IsInForceWithTheAnswerWhichTellsOfTheOneBefore) {
  ASSERT_TRUE(SetLevel("debug").ok());
  EXPECT_EQ(levels_.level(), "debug");
  EXPECT_EQ(levels_.replaced_level(), "info");
  EXPECT_EQ(LowestLogLevel(), LogLevel::kDebug);
  ASSERT_TRUE(SetLevel("").ok());
  EXPECT_EQ(levels_.level(), "debug") << "nothing was asked for";
  EXPECT_EQ(levels_.replaced_level(), "debug");
  EXPECT_EQ(LowestLogLevel(), LogLevel::kDebug);
}

TEST_F(LogLevelTest, AChangeStandsInTheLogWhicheverLevelIsHigher) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(SetLevel("error").ok());
  ASSERT_TRUE(SetLevel("info").ok());
  ASSERT_TRUE(SetLevel("info").ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("before=info now=error\n"));
  EXPECT_THAT(log, HasSubstr("before=error now=info\n"));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("before=info now=info"))) << "nothing changed";
}

TEST_F(LogLevelTest, AnotherWordIsRefusedAndNotRepeated) {
  const grpc::Status status = SetLevel("loud");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(status), "bad_log_level");
  EXPECT_THAT(status.error_message(), ::testing::Not(HasSubstr("loud")));
  EXPECT_EQ(LowestLogLevel(), LogLevel::kInfo);
}

TEST_F(AdminServiceTest, CallsAreCounted) {
  Publish(0);
  ASSERT_TRUE(Activate("first", "").ok());
  const std::string series = "lookbook_requests_total{code=\"OK\",method=\"ActivateBundle\"} 1\n";
  while (metrics_.Scrape().find(series) == std::string::npos) std::this_thread::yield();
}

}  // namespace
}  // namespace lookbook
