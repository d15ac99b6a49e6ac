#include "server/server.h"

#include <malloc.h>

#include <algorithm>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "base/prefix.h"
#include "base/running_tasks.h"
#include "base/status_macros.h"
#include "base/thread_pool.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/signature.h"
#include "engine/embed/torchscript_embedder.h"
#include "server/admin_side.h"
#include "server/entrance.h"
#include "server/lifecycle/memory_room.h"
#include "server/lifecycle/pipeline_set.h"
#include "server/lifecycle/self_check.h"
#include "server/lifecycle/shutdown.h"
#include "server/open_device.h"
#include "server/pipeline/image_memory.h"
#include "server/transport/catalog_service.h"
#include "server/transport/drain_gate.h"
#include "server/transport/grpc_server.h"
#include "server/transport/health_service.h"
#include "server/transport/search_service.h"
#include "server/transport/stream_watch.h"

namespace lookbook {
namespace {

constexpr int kCatalogThreads = 2;
constexpr int kCatalogQueue = 256;
// Of the health port, in all and from one address, and how long one may be used.
constexpr int kHealthConnections = 100;
constexpr int kHealthConnectionsPerClient = 25;
constexpr absl::Duration kHealthConnectionAge = absl::Minutes(1);
constexpr absl::Duration kHealthConnectionGrace = absl::Seconds(5);
// How long calls that were on their way when the drain began are still answered, with UNAVAILABLE.
constexpr absl::Duration kSettle = absl::Milliseconds(200);
// How long a server whose device is lost waits for its own threads.
constexpr absl::Duration kLeaveDevice = absl::Seconds(5);
constexpr const char* kReadyServices[] = {"", "lookbook.v1.SearchService",
                                          "lookbook.v1.CatalogService"};
constexpr char kLivenessService[] = "liveness";

PipelineOptions ToPipelineOptions(const ServerConfig& config, RunningTasks* running) {
  PipelineOptions options;
  options.image_limits.max_bytes = static_cast<uint64_t>(config.limits.image_bytes);
  options.image_limits.max_pixels = config.limits.image_pixels;
  options.image_limits.max_side = config.limits.image_side;
  options.image_limits.min_side = config.limits.image_min_side;
  options.image_limits.max_aspect = config.limits.image_aspect;
  options.image_limits.max_scans = config.limits.jpeg_scans;
  options.image_limits.max_png_chunks = config.limits.png_chunks;
  options.decode_threads = config.decode.threads;
  options.decode_queue = config.decode.queue;
  options.embed_workers = config.embed.workers;
  options.max_batch = config.batch.max_size;
  options.max_batch_delay = config.batch.max_delay;
  options.queue_capacity = config.batch.queue_capacity;
  options.running = running;
  return options;
}

WatchdogOptions ToWatchdogOptions(const ServerConfig::WatchdogConfig& config) {
  WatchdogOptions options;
  options.stalled_after = config.stalled_after;
  options.give_up_after =
      config.on_stuck == "exit" ? config.give_up_after : absl::InfiniteDuration();
  return options;
}

// Where nothing is said of memory and nothing is known of it, there is no bound.
int64_t MemoryBound(const ServerConfig::WatchdogConfig& config) {
  constexpr int64_t kNone = int64_t{1} << 60;
  if (config.memory_bytes > 0) return config.memory_bytes;
  return MemoryBoundFor(MemoryLimit().value_or(kNone));
}

GrpcServerOptions ToGrpcOptions(const ServerConfig& config, const Entrance& entrance,
                                ServerMetrics* metrics) {
  const absl::Duration age = config.deadlines.connection_age;
  GrpcServerOptions options;
  options.address = config.listen.data;
  options.credentials = entrance.data_credentials();
  options.reflection = config.listen.reflection;
  options.max_message_bytes = static_cast<int>(config.limits.message_bytes);
  options.streams_per_connection = config.limits.streams_per_connection;
  options.memory_bytes = config.limits.grpc_memory_bytes;
  options.connections = config.limits.connections;
  options.connections_per_client = config.limits.connections_per_address;
  options.connection_age = age > absl::ZeroDuration() ? age : absl::InfiniteDuration();
  options.connection_grace = config.deadlines.connection_grace;
  options.metrics = metrics;
  return options;
}

// This port asks nobody who they are, so nobody may keep probes from its places. A probe makes its
// own connection each time; who watches for longer connects again.
GrpcServerOptions ToHealthOptions(const ServerConfig& config, ServerMetrics* metrics) {
  GrpcServerOptions options;
  options.address = config.listen.health;
  options.reflection = false;
  options.max_message_bytes = 4 << 10;
  options.memory_bytes = 16 << 20;
  options.connections = kHealthConnections;
  options.connections_per_client = kHealthConnectionsPerClient;
  options.connection_age = kHealthConnectionAge;
  options.connection_grace = kHealthConnectionGrace;
  options.metrics = metrics;
  return options;
}

AccessLogOptions ToAccessLogOptions(const ServerConfig::LogOptions& config) {
  AccessLogOptions options;
  options.requests_per_second = config.requests_per_second;
  options.errors_per_second = config.errors_per_second;
  if (config.slow_request > absl::ZeroDuration()) options.slow = config.slow_request;
  return options;
}

// An activation takes its time.
AccessLogOptions OfOperators(AccessLogOptions options) {
  options.slow = absl::InfiniteDuration();
  return options;
}

BundleOptions ToBundleOptions(const ServerConfig& config, const DeviceBackend* device) {
  BundleOptions options;
  options.max_batch = config.batch.max_size;
  options.device = device;
  options.nprobe = config.index.nprobe;
  options.ef_search = config.index.ef_search;
  options.public_keys = config.signature.public_keys;
  return options;
}

std::vector<std::string> NamesOf(const ServerConfig& config) {
  std::vector<std::string> names;
  for (const BundleRoot& root : config.bundles) names.push_back(root.name);
  return names;
}

// The configured host with the port that was really opened.
std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

absl::StatusOr<std::unique_ptr<PipelineSet>> MakePipelines(const ServerConfig& config,
                                                           ServerMetrics* metrics,
                                                           RunningTasks* running,
                                                           const Clock* clock) {
  std::vector<PipelineSet::Entry> entries;
  PipelineOptions options = ToPipelineOptions(config, running);
  options.image_memory = std::make_shared<ImageMemory>(config.limits.image_memory_bytes,
                                                       metrics->image_memory_bytes());
  for (const BundleRoot& root : config.bundles) {
    LB_ASSIGN_OR_RETURN(std::unique_ptr<Pipeline> pipeline,
                        Pipeline::Create(root.name, options, metrics, clock));
    entries.push_back({root.name, std::move(pipeline)});
  }
  const int bundles = static_cast<int>(config.bundles.size());
  metrics->SetThreads("decode", config.decode.threads * bundles);
  metrics->SetThreads("embed", config.embed.workers * bundles);
  metrics->SetThreads("catalog", kCatalogThreads);
  return std::make_unique<PipelineSet>(std::move(entries));
}

}  // namespace

struct Server::Impl {
  Impl(const ServerConfig& server_config, const BundleOpener& opener, BundleCheck bundle_check,
       std::unique_ptr<DeviceBackend> device_backend)
      : config(server_config),
        check(std::move(bundle_check)),
        backend(std::move(device_backend)),
        clock(Clock::Steady()),
        metrics(NamesOf(config), config.device),
        running(clock),
        memory_bound(MemoryBound(config.watchdog)),
        loader(opener, ToBundleOptions(config, backend.get()), &metrics, clock),
        cpu_loader(opener, ToBundleOptions(config, nullptr), &metrics, clock),
        log(ToAccessLogOptions(config.log)),
        admin_log(OfOperators(ToAccessLogOptions(config.log))),
        machine([this](ServingState state) { OnState(state); }),
        self_check(ToWatchdogOptions(config.watchdog),
                   {memory_bound, config.watchdog.on_memory == "exit"},
                   {&running, [] { return ResidentMemory(); }, &metrics, &machine,
                    [] { ::malloc_trim(0); }}) {}

  absl::Status Listen();
  // `path`: of the bundle of an entry, a root or a bundle's folder.
  absl::Status LoadBundles(const BundleLoader& with, const std::function<std::string(size_t)>& path,
                           const std::function<bool()>& cancelled);
  absl::Status MoveToCpu();
  void ShutDownWithin(absl::Duration most);
  void OnState(ServingState state);
  ShutdownSteps Steps();
  void Wait(absl::Duration time);
  void DrainCalls(absl::Duration time);
  void ShutDownWith(const ShutdownOptions& options);

  const ServerConfig config;
  const BundleCheck check;
  // Before what holds bundles, which must not outlive it. Null: the CPU.
  const std::unique_ptr<DeviceBackend> backend;
  bool left_device = false;  // The bundles are on the CPU, whatever `backend` is.
  const Clock* const clock;
  ServerMetrics metrics;
  RunningTasks running;  // Of the pipelines.
  const int64_t memory_bound;
  const BundleLoader loader;
  const BundleLoader cpu_loader;  // After the device is lost.
  AccessLog log;
  AccessLog admin_log;  // What operators do is not lost among other calls.
  DrainGate gate;
  HealthService health;
  ServingStateMachine machine;  // Tells `health` and `metrics`.
  SelfCheck self_check;
  std::unique_ptr<PipelineSet> pipelines;
  std::unique_ptr<ThreadPool> readers;
  std::unique_ptr<Entrance> entrance;
  std::unique_ptr<SearchService> search;
  std::unique_ptr<CatalogService> catalog;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<GrpcServer> health_grpc;  // Null: off.
  std::unique_ptr<StreamWatch> stream_watch;
  std::unique_ptr<AdminSide> admin;
  int metrics_port = -1;
  Mutex wait_mutex;
  CondVar wait_over;  // Never notified: a wait lasts its time.
};

absl::Status Server::Impl::Listen() {
  LB_ASSIGN_OR_RETURN(entrance, Entrance::Open(config, &metrics));
  if (backend != nullptr) {
    metrics.WatchDevice([this] { return backend->Stats(); });
    LogInfo("device", {{"device", backend->Describe()}});
  }
  metrics.SetMemoryBound(memory_bound);
  LB_ASSIGN_OR_RETURN(pipelines, MakePipelines(config, &metrics, &running, clock));
  LB_ASSIGN_OR_RETURN(
      readers, ThreadPool::Create(
                   {.name = "catalog", .threads = kCatalogThreads, .capacity = kCatalogQueue}));
  const CallEnvironment environment = {&metrics, clock, &log, &gate, config.deadlines.max_deadline};
  const CallEnvironment guarded = entrance->GuardData(environment);
  search =
      std::make_unique<SearchService>(pipelines.get(), guarded, config.limits.queries_per_stream);
  catalog =
      std::make_unique<CatalogService>(pipelines.get(), readers.get(), config.device, guarded);
  if (config.metrics.listen != "off") {
    LB_ASSIGN_OR_RETURN(metrics_port, metrics.Expose(config.metrics.listen));
  }
  LB_ASSIGN_OR_RETURN(grpc, GrpcServer::Listen(ToGrpcOptions(config, *entrance, &metrics),
                                               {search.get(), catalog.get(), &health}));
  const absl::Duration idle = config.deadlines.stream_idle;
  LB_ASSIGN_OR_RETURN(stream_watch,
                      StreamWatch::Start(StreamWatchInterval(idle), [service = search.get(), idle] {
                        service->EndIdleStreams(idle);
                      }));
  CallEnvironment for_operators = environment;
  for_operators.log = &admin_log;
  LB_ASSIGN_OR_RETURN(admin,
                      AdminSide::Start(config, {pipelines.get(), &loader, check, readers.get(),
                                                entrance->GuardAdmin(for_operators),
                                                entrance->admin_credentials(), memory_bound}));
  if (config.listen.health != "off") {
    LB_ASSIGN_OR_RETURN(health_grpc,
                        GrpcServer::Listen(ToHealthOptions(config, &metrics), {&health}));
  }
  return absl::OkStatus();
}

void Server::Impl::OnState(ServingState state) {
  for (const char* service : kReadyServices) {
    health.Set(service, IsReady(state));
    metrics.SetServing(service, IsReady(state));
  }
  health.Set(kLivenessService, IsLive(state));
  metrics.SetServing(kLivenessService, IsLive(state));
  LogInfo("server state", {{"state", ServingStateName(state)}});
}

ShutdownSteps Server::Impl::Steps() {
  ShutdownSteps steps;
  steps.wait = [this](absl::Duration time) { Wait(time); };
  steps.drain_calls = [this](absl::Duration time) { DrainCalls(time); };
  steps.stop_pipelines = [this] {
    pipelines->Shutdown();
    readers->Shutdown();
    admin->Stop();
    if (health_grpc != nullptr) health_grpc->Shutdown(absl::ZeroDuration());
  };
  return steps;
}

void Server::Impl::Wait(absl::Duration time) {
  const absl::Time end = clock->Now() + time;
  MutexLock lock(&wait_mutex);
  for (absl::Time now = clock->Now(); now < end; now = clock->Now()) {
    wait_over.WaitFor(&wait_mutex, end - now);
  }
}

void Server::Impl::DrainCalls(absl::Duration time) {
  const absl::Time end = clock->Now() + time;
  admin->BeginStop();
  gate.Close();
  search->EndStreams();
  gate.AwaitEmpty(time);
  Wait(std::min(kSettle, end - clock->Now()));
  health.EndWatches();
  grpc->Shutdown(std::max(absl::ZeroDuration(), end - clock->Now()));
}

void Server::Impl::ShutDownWith(const ShutdownOptions& options) {
  const absl::Status status = ShutDown(options, Steps(), &machine);
  if (!status.ok()) LogDebug("stopped already", {{"status", status}});
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Listen(config));
  LB_RETURN_IF_ERROR(server->LoadBundles());
  return server;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const ServerConfig& config,
                                                       BundleOpener opener,
                                                       std::unique_ptr<DeviceBackend> backend,
                                                       BundleCheck check) {
  LB_RETURN_IF_ERROR(Validate(config));
  if (!config.signature.public_keys.empty()) {
    LB_RETURN_IF_ERROR(
        WithPrefix("signature.public_keys", ReadPublicKeys(config.signature.public_keys).status()));
  }
  if (backend == nullptr) {
    LB_ASSIGN_OR_RETURN(backend, OpenDevice(config));
  }
  // Each embed worker is one thread, whatever the libraries think of the machine.
  SetNumericThreads(1);
  if (opener == nullptr) opener = OpenBundleAt;
  auto impl = std::make_unique<Impl>(config, opener, std::move(check), std::move(backend));
  LB_RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

absl::Status Server::Impl::LoadBundles(const BundleLoader& with,
                                       const std::function<std::string(size_t)>& path,
                                       const std::function<bool()>& cancelled) {
  LB_RETURN_IF_ERROR(admin->RunBetween(&with, [&]() -> absl::Status {
    for (size_t i = 0; i < config.bundles.size(); ++i) {
      if (cancelled && cancelled()) return absl::CancelledError("stopped while loading bundles");
      LB_RETURN_IF_ERROR(
          with.Load(config.bundles[i].name, path(i), pipelines->entries()[i].pipeline.get()));
    }
    return absl::OkStatus();
  }));
  return machine.Advance(ServingState::kServing);
}

absl::Status Server::Impl::MoveToCpu() {
  LB_RETURN_IF_ERROR(machine.Advance(ServingState::kMoving));
  left_device = true;
  // What was live, not what CURRENT has come to name: that is for whoever activates it to check.
  const auto live = [this](size_t i) {
    const std::shared_ptr<const Bundle> bundle = pipelines->entries()[i].pipeline->bundle();
    return bundle != nullptr ? bundle->directory : config.bundles[i].path;
  };
  LB_RETURN_IF_ERROR(LoadBundles(cpu_loader, live, nullptr));
  metrics.DeviceLost();
  return absl::OkStatus();
}

// A worker may hang in a call to a device that is gone, and cannot be joined: then the thread is
// left, and the process must end without destroying the server.
void Server::Impl::ShutDownWithin(absl::Duration most) {
  std::packaged_task<void()> stop([this] {
    ShutDownWith({absl::ZeroDuration(), absl::ZeroDuration()});
  });
  const std::future<void> stopped = stop.get_future();
  std::thread stopping(std::move(stop));
  const bool in_time = stopped.wait_for(absl::ToChronoSeconds(most)) == std::future_status::ready;
  in_time ? stopping.join() : stopping.detach();
}

absl::Status Server::LoadBundles(const std::function<bool()>& cancelled) {
  const auto root = [this](size_t i) { return impl_->config.bundles[i].path; };
  return impl_->LoadBundles(impl_->loader, root, cancelled);
}

absl::Status Server::CheckDevice() {
  if (impl_->backend == nullptr || impl_->left_device) return absl::OkStatus();
  absl::Status lost = impl_->backend->Health();
  if (lost.ok()) return absl::OkStatus();
  LogError("the device is lost", {{"status", lost}, {"then", impl_->config.cuda.on_device_lost}});
  if (impl_->config.cuda.on_device_lost == "cpu") {
    lost = impl_->MoveToCpu();
    if (lost.ok()) return absl::OkStatus();
  }
  impl_->ShutDownWithin(kLeaveDevice);
  return lost;
}

absl::Status Server::CheckWorkers() { return impl_->self_check.CheckWorkers(); }
absl::Status Server::CheckMemory() { return impl_->self_check.CheckMemory(); }

void Server::RefreshSecrets() { impl_->entrance->Refresh(); }

void Server::Stop() {
  impl_->ShutDownWith({impl_->config.deadlines.lame_duck, impl_->config.deadlines.drain});
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  if (state() != ServingState::kStopped) {
    impl_->ShutDownWith({absl::ZeroDuration(), absl::ZeroDuration()});
  }
}

ServingState Server::state() const { return impl_->machine.state(); }
int Server::data_port() const { return impl_->grpc->port(); }
int Server::admin_port() const { return impl_->admin->port(); }
int Server::health_port() const {
  return impl_->health_grpc == nullptr ? -1 : impl_->health_grpc->port();
}
int Server::metrics_port() const { return impl_->metrics_port; }
ServerMetrics& Server::metrics() { return impl_->metrics; }

std::string Server::Describe() const {
  std::string text = absl::StrCat("serving on ", WithPort(impl_->config.listen.data, data_port()));
  if (admin_port() >= 0) {
    absl::StrAppend(&text, ", admin on ", WithPort(impl_->config.listen.admin, admin_port()));
  }
  if (health_port() >= 0) {
    absl::StrAppend(&text, ", health on ", WithPort(impl_->config.listen.health, health_port()));
  }
  if (metrics_port() >= 0) {
    absl::StrAppend(&text, ", metrics on ", WithPort(impl_->config.metrics.listen, metrics_port()));
  }
  const auto describe = [](std::string* out, const PipelineSet::Entry& entry) {
    const auto bundle = entry.pipeline->bundle();
    if (bundle == nullptr) return absl::StrAppend(out, entry.name, "=none");
    absl::StrAppend(out, entry.name, "=", bundle->id, " (", bundle->items->size(), " items)");
  };
  return absl::StrCat(text, ": ", absl::StrJoin(impl_->pipelines->entries(), ", ", describe));
}

}  // namespace lookbook
