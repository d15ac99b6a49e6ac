#include "server/transport/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <utility>

#include "base/batch_threads.h"
#include "base/status_macros.h"
#include "server/transport/grpc_logs.h"
#include "server/transport/listening_sockets.h"

namespace lookbook {
namespace {

// The reflection library registers itself for every server of the process; this decides for one
// server.
class ReflectionChoice final : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionChoice(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    if (wanted_) return;
    const std::string name = grpc::reflection::ProtoServerReflectionPlugin().name();
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(),
                                  [&](const auto& plugin) { return plugin->name() == name; }),
                   plugins->end());
  }

 private:
  const bool wanted_;
};

constexpr int kMaxMetadataBytes = 8 << 10;

int Milliseconds(absl::Duration time) {
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(time), INT_MAX));
}

void SetConnectionPolicy(const GrpcServerOptions& options, grpc::ServerBuilder* builder) {
  constexpr int kSecond = 1000;
  // It would count each call for a service that is not offered.
  builder->AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_per_connection);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                              Milliseconds(options.handshake_timeout));
  // INT_MAX is no limit.
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(options.connection_age));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                              Milliseconds(options.connection_grace));
  // Dead peers are noticed within 80 s; clients may ping every 10 s, also between calls.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * kSecond);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * kSecond);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * kSecond);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 15 * 60 * kSecond);
}

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(options.max_message_bytes);
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  grpc::ResourceQuota quota("lookbook");
  quota.Resize(static_cast<size_t>(options.memory_bytes));
  quota.SetMaxThreads(16);  // Only reflection is served by threads; everything else by callbacks.
  builder->SetResourceQuota(quota);
  builder->SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder->SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
  builder->SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
}

using Handover = grpc::experimental::ExternalConnectionAcceptor;

std::unique_ptr<Handover> TakeConnectionsFromOutside(
    std::shared_ptr<grpc::ServerCredentials> credentials, grpc::ServerBuilder* builder) {
  return builder->experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      std::move(credentials));
}

Acceptor::Handler HandTo(std::unique_ptr<Handover> handover) {
  return [handover = std::shared_ptr<Handover>(std::move(handover))](int descriptor) {
    Handover::NewConnectionParameters connection;
    connection.fd = descriptor;
    handover->HandleNewConnection(&connection);
  };
}

AcceptorOptions ToAcceptorOptions(const GrpcServerOptions& options) {
  AcceptorOptions acceptor;
  acceptor.connections = options.connections;
  acceptor.per_client = options.connections_per_client;
  acceptor.metrics = options.metrics;
  return acceptor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Listen(
    const GrpcServerOptions& options, const std::vector<grpc::Service*>& services) {
  // gRPC's threads: each query wakes them up, and to interrupt the model for it costs more than
  // they do, above all when there are more queries than can be answered.
  const BatchThreads batch;
  LB_ASSIGN_OR_RETURN(ListeningSockets sockets, ListenOn(options.address));
  RouteGrpcLogs();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetOption(std::make_unique<ReflectionChoice>(options.reflection));
  SetLimits(options, &builder);
  SetConnectionPolicy(options, &builder);
  const auto credentials =
      options.credentials != nullptr ? options.credentials : grpc::InsecureServerCredentials();
  std::unique_ptr<Handover> handover = TakeConnectionsFromOutside(credentials, &builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::InternalError("gRPC's server does not start");
  LB_ASSIGN_OR_RETURN(
      std::unique_ptr<Acceptor> acceptor,
      Acceptor::Start(std::move(sockets), ToAcceptorOptions(options), HandTo(std::move(handover))));
  return std::unique_ptr<GrpcServer>(
      new GrpcServer(credentials, std::move(server), std::move(acceptor)));
}

GrpcServer::GrpcServer(std::shared_ptr<grpc::ServerCredentials> credentials,
                       std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor)
    : credentials_(std::move(credentials)),
      server_(std::move(server)),
      acceptor_(std::move(acceptor)) {}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

void GrpcServer::Shutdown(absl::Duration drain) {
  acceptor_->Stop();  // A connection that gRPC is given while it shuts down would never be closed.
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(drain));
}

}  // namespace lookbook
