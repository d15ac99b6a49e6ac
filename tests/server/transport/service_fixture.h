// The services on a real port of this machine, over one pipeline of fakes.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/transport/catalog_service.h"
#include "server/transport/grpc_server.h"
#include "server/transport/health_service.h"
#include "server/transport/search_service.h"
#include "tests/server/fake_bundle.h"
#include "tests/support/temp_dir.h"

namespace lookbook {

// What guards the calls of a ServiceTest; null as in CallEnvironment.
struct ServiceGuards {
  const Authenticator* authenticator = nullptr;
  ClientRates* rates = nullptr;
};

// The reason in a status's google.rpc.ErrorInfo; fails the test when its domain is another than
// "lookbook". Empty when there are no details.
std::string ReasonIn(const grpc::Status& status);

// A plain channel to a port of this machine; `compression` asks gRPC to compress what is sent.
std::shared_ptr<grpc::Channel> ChannelTo(
    int port, grpc_compression_algorithm compression = GRPC_COMPRESS_NONE);

class ServiceTest : public ::testing::Test {
 protected:
  static constexpr char kName[] = "default";

  static constexpr absl::Duration kMaxDeadline = absl::Seconds(10);
  static constexpr int kQueriesPerStream = 32;

  // `calls_logged`: a second, of each kind.
  explicit ServiceTest(const PipelineOptions& options = {.decode_threads = 1, .embed_workers = 1},
                       int calls_logged = 0, const ServiceGuards& guards = {});
  ~ServiceTest() override;

  // The pipeline uses `fake_` from now on.
  void LoadBundle();

  // The value of a series, as it stands in a scrape.
  double Metric(const std::string& series) const;
  // Waits until Metric(series) is `value`: counting ends a moment after the caller has its answer.
  bool MetricBecomes(const std::string& series, double value) const;

  TempDir directory_;
  ManualClock clock_;
  ServerMetrics metrics_{{kName}};
  AccessLog log_;
  DrainGate gate_;
  FakeBundle fake_;
  std::unique_ptr<PipelineSet> pipelines_;
  std::unique_ptr<ThreadPool> readers_;
  std::unique_ptr<SearchService> search_service_;
  std::unique_ptr<CatalogService> catalog_service_;
  HealthService health_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::SearchService::Stub> search_;
  std::unique_ptr<v1::CatalogService::Stub> catalog_;
};

}  // namespace lookbook
