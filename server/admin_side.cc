#include "server/admin_side.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/lifecycle/activator.h"
#include "server/lifecycle/memory_room.h"
#include "server/lifecycle/retirement.h"
#include "server/transport/admin_service.h"
#include "server/transport/grpc_server.h"

namespace lookbook {
namespace {

constexpr int kMaxMessageBytes = 64 << 10;
constexpr int64_t kGrpcMemoryBytes = 64 << 20;
constexpr int kConnections = 100;
// An activation may be a check of lifecycle.check_time, as long a load, and one before it.
constexpr int kWaitsOfAnActivation = 4;

std::vector<ServedRoot> RootsOf(const ServerConfig& config, const PipelineSet& pipelines) {
  std::vector<ServedRoot> roots;
  for (size_t i = 0; i < config.bundles.size(); ++i) {
    roots.push_back({config.bundles[i].name, config.bundles[i].path,
                     pipelines.entries()[i].pipeline.get(), config.signature.public_keys});
  }
  return roots;
}

// A bundle that fits into the machine must fit into what this process may have, too, or the server
// would take itself for sick. What the process that checks it takes is not of that.
absl::StatusOr<int64_t> RoomWithin(int64_t memory_bound) {
  LB_ASSIGN_OR_RETURN(const int64_t room, MemoryRoom());
  LB_ASSIGN_OR_RETURN(const int64_t resident, ResidentMemory());
  return std::min(room, memory_bound - resident + MemoryToLoad(0));
}

ActivationParts PartsOf(const AdminSide::Parts& parts, Retirement* retirement) {
  ActivationParts activation;
  activation.loader = parts.loader;
  activation.check = parts.check;
  activation.memory_room = [bound = parts.memory_bound] { return RoomWithin(bound); };
  activation.retirement = retirement;
  activation.metrics = parts.environment.metrics;
  activation.clock = parts.environment.clock;
  return activation;
}

CallEnvironment EnvironmentOf(const ServerConfig& config, CallEnvironment environment) {
  environment.max_deadline = kWaitsOfAnActivation * config.lifecycle.check_time;
  return environment;
}

// Connections have no age: an activation takes its time.
GrpcServerOptions ToGrpcOptions(const ServerConfig& config, const AdminSide::Parts& parts) {
  GrpcServerOptions options;
  options.credentials = parts.credentials;
  options.address = config.listen.admin;
  options.reflection = config.listen.reflection;
  options.max_message_bytes = kMaxMessageBytes;
  options.memory_bytes = kGrpcMemoryBytes;
  options.connections = kConnections;
  options.metrics = parts.environment.metrics;
  return options;
}

}  // namespace

struct AdminSide::Impl {
  Impl(const ServerConfig& config, const Parts& parts)
      : retirement(parts.environment.metrics, parts.environment.clock),
        activator({config.lifecycle.watch, config.lifecycle.poll_interval},
                  PartsOf(parts, &retirement), RootsOf(config, *parts.pipelines)),
        service(parts.pipelines, &activator, parts.readers,
                EnvironmentOf(config, parts.environment)) {}

  Retirement retirement;
  Activator activator;
  AdminService service;
  std::unique_ptr<GrpcServer> grpc;  // Null: off.
};

absl::StatusOr<std::unique_ptr<AdminSide>> AdminSide::Start(const ServerConfig& config,
                                                            const Parts& parts) {
  auto impl = std::make_unique<Impl>(config, parts);
  if (config.listen.admin != "off") {
    LB_ASSIGN_OR_RETURN(impl->grpc,
                        GrpcServer::Listen(ToGrpcOptions(config, parts), {&impl->service}));
  }
  return std::unique_ptr<AdminSide>(new AdminSide(std::move(impl)));
}

AdminSide::AdminSide(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminSide::~AdminSide() { Stop(); }

int AdminSide::port() const { return impl_->grpc == nullptr ? -1 : impl_->grpc->port(); }

absl::Status AdminSide::RunBetween(const BundleLoader* loader, std::function<absl::Status()> work) {
  return impl_->activator.RunBetween(loader, std::move(work));
}

void AdminSide::BeginStop() { impl_->activator.BeginStop(); }

void AdminSide::Stop() {
  impl_->activator.Stop();
  if (impl_->grpc != nullptr) impl_->grpc->Shutdown(absl::ZeroDuration());
}

}  // namespace lookbook
