#include "tests/server/transport/service_fixture.h"

#include <grpcpp/create_channel.h>

#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

std::string ReasonIn(const grpc::Status& status) {
  google::rpc::Status details;
  if (status.error_details().empty()) return "";
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  google::rpc::ErrorInfo info;
  EXPECT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.domain(), "lookbook");
  return info.reason();
}

std::shared_ptr<grpc::Channel> ChannelTo(int port, grpc_compression_algorithm compression) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // A connection of its own.
  arguments.SetMaxReceiveMessageSize(-1);
  if (compression != GRPC_COMPRESS_NONE) arguments.SetCompressionAlgorithm(compression);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(), arguments);
}

ServiceTest::ServiceTest(const PipelineOptions& options, int calls_logged,
                         const ServiceGuards& guards)
    : log_({.requests_per_second = calls_logged, .errors_per_second = calls_logged}),
      fake_(MakeFakeBundle(directory_ / "items", "fake-1")) {
  std::vector<PipelineSet::Entry> entries;
  auto pipeline = Pipeline::Create(kName, options, &metrics_, &clock_);
  EXPECT_THAT(pipeline, IsOk());
  entries.push_back({kName, *std::move(pipeline)});
  pipelines_ = std::make_unique<PipelineSet>(std::move(entries));
  readers_ = *ThreadPool::Create({.name = "readers", .threads = 1, .capacity = 1});
  const CallEnvironment environment = {
      &metrics_, &clock_, &log_, &gate_, kMaxDeadline, guards.authenticator, guards.rates};
  search_service_ =
      std::make_unique<SearchService>(pipelines_.get(), environment, kQueriesPerStream);
  catalog_service_ =
      std::make_unique<CatalogService>(pipelines_.get(), readers_.get(), "cpu", environment);
  auto server = GrpcServer::Listen({}, {search_service_.get(), catalog_service_.get(), &health_});
  EXPECT_THAT(server, IsOk());
  server_ = *std::move(server);
  search_ = v1::SearchService::NewStub(ChannelTo(server_->port()));
  catalog_ = v1::CatalogService::NewStub(ChannelTo(server_->port()));
}

ServiceTest::~ServiceTest() {
  fake_.embedder->Release();  // A failed test must not hang.
  health_.EndWatches();
  server_->Shutdown(absl::ZeroDuration());
  pipelines_->Shutdown();
}

void ServiceTest::LoadBundle() { pipelines_->entries()[0].pipeline->SetBundle(fake_.bundle); }

double ServiceTest::Metric(const std::string& series) const {
  for (absl::string_view line : absl::StrSplit(metrics_.Scrape(), '\n')) {
    double value = 0;
    if (absl::ConsumePrefix(&line, absl::StrCat(series, " ")) && absl::SimpleAtod(line, &value))
      return value;
  }
  ADD_FAILURE() << "no series " << series;
  return -1;
}

bool ServiceTest::MetricBecomes(const std::string& series, double value) const {
  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (Metric(series) != value) {
    if (absl::Now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace lookbook
