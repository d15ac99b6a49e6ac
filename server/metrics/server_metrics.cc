#include "server/metrics/server_metrics.h"

#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/version.h"
#include "server/metrics/buckets.h"
#include "server/metrics/bundle_series.h"
#include "server/metrics/closed_set.h"
#include "server/metrics/device_collector.h"
#include "server/metrics/image_series.h"
#include "server/metrics/log_collector.h"
#include "server/metrics/process_collector.h"
#include "server/metrics/request_series.h"
#include "server/metrics/security_series.h"

namespace lookbook {
namespace {

constexpr std::array<const char*, 4> kServices = {"lookbook.v1.SearchService",
                                                  "lookbook.v1.CatalogService", "liveness", ""};
constexpr std::array<const char*, 4> kPools = {"decode", "embed", "catalog", "other"};
// In the order of ConnectionRefusal.
constexpr std::array<const char*, 4> kConnectionRefusals = {"connections", "address", "descriptors",
                                                            "memory"};

// civetweb's own syntax is wider ("8080", "+80", "443s", lists); only HOST:PORT is ours.
bool IsHostAndPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  return colon != absl::string_view::npos && colon > 0 &&
         address.find(',') == absl::string_view::npos &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 && port <= 65535;
}

}  // namespace

std::vector<double> Top1SimilarityBounds() { return SimilarityBuckets(); }

struct ServerMetrics::Impl {
  Impl(const std::vector<std::string>& bundle_names, const std::string& device);

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<ProcessCollector> process = std::make_shared<ProcessCollector>();
  std::shared_ptr<LogCollector> log = std::make_shared<LogCollector>();
  std::shared_ptr<DeviceCollector> device;  // Null where there is no device but the CPU.
  RequestSeries requests;
  ImageSeries images;
  BundleSeries bundles;
  SecuritySeries security;
  std::array<GaugeHandle, kServices.size()> serving;
  std::array<GaugeHandle, kPools.size()> threads;
  std::array<GaugeHandle, kPools.size()> threads_busy;
  std::array<CounterHandle, kPools.size()> stalls;
  GaugeHandle memory_bound;
  GaugeHandle device_lost;  // With `device` alone.
  GaugeHandle connections;
  std::array<CounterHandle, kConnectionRefusals.size()> connections_rejected;
  std::unique_ptr<prometheus::Exposer> exposer;  // Last: it reads the others while it lives.
};

ServerMetrics::Impl::Impl(const std::vector<std::string>& bundle_names, const std::string& device)
    : requests(*registry),
      images(*registry),
      bundles(*registry, bundle_names, device),
      security(*registry) {
  AddGauge(*registry, "lookbook_build_info", "1; the labels say what this build is.",
           {{"version", std::string(Version())},
            {"commit", std::string(GitCommit())},
            {"torch", LOOKBOOK_TORCH_VERSION},
            {"faiss", LOOKBOOK_FAISS_VERSION},
            {"device", device}})
      .Set(1);
  for (size_t i = 0; i < kServices.size(); ++i) {
    serving[i] =
        AddGauge(*registry, "lookbook_health_serving",
                 "1 while the health service answers SERVING; an empty service is the server.",
                 {{"service", kServices[i]}});
  }
  for (size_t i = 0; i < kPools.size(); ++i) {
    threads[i] =
        AddGauge(*registry, "lookbook_threads", "Threads of a pool.", {{"pool", kPools[i]}});
    threads_busy[i] = AddGauge(*registry, "lookbook_threads_busy", "Threads of a pool that work.",
                               {{"pool", kPools[i]}});
    stalls[i] = AddCounter(*registry, "lookbook_watchdog_stalls_total",
                           "Times a thread of a pool was found hanging.", {{"thread", kPools[i]}});
  }
  memory_bound = AddGauge(*registry, "lookbook_watchdog_memory_bytes",
                          "Resident memory beyond which health says NOT_SERVING.");
  connections = AddGauge(*registry, "lookbook_connections", "Connections that are open.");
  for (size_t i = 0; i < kConnectionRefusals.size(); ++i) {
    connections_rejected[i] = AddCounter(*registry, "lookbook_connections_rejected_total",
                                         "Connections that were refused, by what was short.",
                                         {{"reason", kConnectionRefusals[i]}});
  }
}

ServerMetrics::ServerMetrics(const std::vector<std::string>& bundles, absl::string_view device)
    : impl_(std::make_unique<Impl>(bundles, std::string(device))) {}
ServerMetrics::~ServerMetrics() = default;

BundleMetrics& ServerMetrics::bundle(absl::string_view name) { return impl_->bundles.bundle(name); }

void ServerMetrics::RequestStarted(Method method) {
  impl_->requests.methods[static_cast<size_t>(method)].in_flight.Add(1);
}

void ServerMetrics::RequestFinished(Method method, absl::StatusCode code, double seconds) {
  RequestSeries::OfMethod& series = impl_->requests.methods[static_cast<size_t>(method)];
  const auto index = static_cast<size_t>(code);
  series.by_code[index < kStatusCodes ? index : static_cast<size_t>(absl::StatusCode::kUnknown)]
      .Add();
  series.duration_seconds.Observe(seconds);
  series.in_flight.Add(-1);
}

void ServerMetrics::DeadlineAtArrival(Method method, double seconds_left) {
  impl_->requests.methods[static_cast<size_t>(method)].deadline_remaining_seconds.Observe(
      seconds_left);
}

void ServerMetrics::StageFinished(Stage stage, double seconds) {
  impl_->requests.stage_seconds[static_cast<size_t>(stage)].Observe(seconds);
}

void ServerMetrics::StageComputed(Stage stage, double cpu_seconds) {
  impl_->requests.stage_cpu_seconds[static_cast<size_t>(stage)].Add(cpu_seconds);
}

void ServerMetrics::Shed(ShedReason reason) {
  impl_->requests.shed[static_cast<size_t>(reason)].Add();
}

void ServerMetrics::Cancelled(Stage stage) {
  impl_->requests.cancelled[static_cast<size_t>(stage)].Add();
}

void ServerMetrics::ImageDecoded(absl::string_view format, int64_t bytes, int64_t pixels) {
  impl_->images.formats[IndexOrLast(kImageFormats, format)].decoded.Add();
  impl_->images.body_bytes.Observe(static_cast<double>(bytes));
  impl_->images.pixels.Observe(static_cast<double>(pixels));
}

void ServerMetrics::ImageRejected(absl::string_view format, absl::string_view reason) {
  impl_->images.formats[IndexOrLast(kImageFormats, format)].rejected.Add();
  impl_->images.reject_reasons[IndexOrLast(kRejectReasons, reason)].Add();
}

void ServerMetrics::DecodeWarning(absl::string_view kind) {
  impl_->images.warnings[IndexOrLast(kDecodeWarnings, kind)].Add();
}

GaugeHandle ServerMetrics::image_memory_bytes() const { return impl_->images.memory_bytes; }

void ServerMetrics::EmbeddingFailed(EmbeddingFailure cause) {
  impl_->images.embedding_failures[static_cast<size_t>(cause)].Add();
}

void ServerMetrics::BundleActive(absl::string_view name, absl::string_view bundle_id,
                                 absl::string_view backbone, absl::string_view index) {
  impl_->bundles.Active(name, bundle_id, backbone, index);
}

void ServerMetrics::BundleLoaded(absl::string_view name, absl::string_view result) {
  impl_->bundles.Loaded(name, result);
}

void ServerMetrics::SetServing(absl::string_view service, bool serving) {
  impl_->serving[IndexOrLast(kServices, service)].Set(serving ? 1 : 0);
}

void ServerMetrics::SetThreads(absl::string_view pool, int threads) {
  impl_->threads[IndexOrLast(kPools, pool)].Set(threads);
}

void ServerMetrics::ThreadBusy(absl::string_view pool, int by) {
  impl_->threads_busy[IndexOrLast(kPools, pool)].Add(by);
}

void ServerMetrics::SetMemoryBound(int64_t bytes) {
  impl_->memory_bound.Set(static_cast<double>(bytes));
}

void ServerMetrics::ConnectionsChanged(int by) { impl_->connections.Add(by); }

void ServerMetrics::ConnectionRefused(ConnectionRefusal why) {
  impl_->connections_rejected[static_cast<size_t>(why)].Add();
}

void ServerMetrics::WorkerStalled(absl::string_view pool) {
  impl_->stalls[IndexOrLast(kPools, pool)].Add();
}

void ServerMetrics::AuthenticationFailed(absl::string_view reason) {
  impl_->security.auth_failures[IndexOrLast(kAuthFailures, reason)].Add();
}

void ServerMetrics::SecretReloaded(absl::string_view file, bool taken) {
  const SecuritySeries::Reloads& of = impl_->security.reloads[IndexOrLast(kSecretFiles, file)];
  CounterHandle counter = taken ? of.succeeded : of.failed;
  counter.Add();
}

void ServerMetrics::SetCertificateExpiry(double timestamp) {
  impl_->security.certificate_expiry.Set(timestamp);
}

void ServerMetrics::WatchDevice(std::function<BackendStats()> stats) {
  impl_->device = std::make_shared<DeviceCollector>(std::move(stats));
  impl_->device_lost =
      AddGauge(*impl_->registry, "lookbook_gpu_lost",
               "1 once the device was lost and the bundles were moved to the CPU.");
}

void ServerMetrics::DeviceLost() { impl_->device_lost.Set(1); }

absl::StatusOr<int> ServerMetrics::Expose(const std::string& address) {
  if (!IsHostAndPort(address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("metrics address \"", address, "\" is not HOST:PORT"));
  }
  return CatchToStatus("metrics", [&]() -> absl::StatusOr<int> {
    // Two threads serve scrapes; a client that reads slowly holds one for 5 s at most.
    const std::vector<std::string> options = {"listening_ports",    address, "num_threads", "2",
                                              "request_timeout_ms", "5000"};
    std::unique_ptr<prometheus::Exposer> exposer;
    try {
      exposer = std::make_unique<prometheus::Exposer>(options);
    } catch (const std::exception&) {
      return absl::UnavailableError(
          absl::StrCat("metrics address ", address,
                       " cannot be listened on: it is in use or not of this machine"));
    }
    exposer->RegisterCollectable(impl_->registry);
    exposer->RegisterCollectable(impl_->process);
    exposer->RegisterCollectable(impl_->log);
    if (impl_->device != nullptr) exposer->RegisterCollectable(impl_->device);
    impl_->exposer = std::move(exposer);
    return impl_->exposer->GetListeningPorts().at(0);
  });
}

std::string ServerMetrics::Scrape() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry->Collect();
  for (const prometheus::Collectable* more :
       {static_cast<const prometheus::Collectable*>(impl_->process.get()),
        static_cast<const prometheus::Collectable*>(impl_->log.get()),
        static_cast<const prometheus::Collectable*>(impl_->device.get())}) {
    if (more == nullptr) continue;
    std::vector<prometheus::MetricFamily> found = more->Collect();
    std::move(found.begin(), found.end(), std::back_inserter(families));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace lookbook
