// What the server counts. Every series exists from construction on (closed label sets), so the hot
// path looks nothing up and a scrape shows zeros rather than gaps. Folders other than this one see
// these structs, never prometheus-cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/device/device_backend.h"

namespace lookbook {

// A thin handle over one Prometheus series. Thread-safe; valid as long as its ServerMetrics.
class CounterHandle {
 public:
  void Add(double by = 1);
  double Value() const;
  void* series = nullptr;
};
class GaugeHandle {
 public:
  void Set(double value);
  void Add(double by);
  double Value() const;
  void* series = nullptr;
};
class HistogramHandle {
 public:
  void Observe(double value);
  uint64_t Count() const;
  void* series = nullptr;
};

// kSearchStream stands for one query of a stream; streams themselves are not counted.
enum class Method {
  kSearch,
  kSearchStream,
  kEmbed,
  kGetItem,
  kListClasses,
  kGetInfo,
  kListBundles,
  kActivateBundle,
  kRollbackBundle,
  kSetLogLevel
};
enum class Stage { kDecode, kPreprocess, kQueue, kEmbed, kSearch, kReply };
// Why an image got no embedding: the model failed, memory was short, or what the model gave is not
// a unit vector.
enum class EmbeddingFailure { kModel, kMemory, kVector };
enum class ShedReason { kQueueFull, kDeadline, kRate, kDraining, kMemory };
// Why a connection was refused: as many as there may be, or as one client may have, are open; the
// process is short of descriptors; the system is short of memory.
enum class ConnectionRefusal { kConnections, kAddress, kDescriptors, kMemory };

// How an index finds: it looks at every vector, at every rounded vector, into some of its lists, or
// along a graph.
enum class SearchKind { kFlat, kSq, kIvf, kHnsw };
inline constexpr size_t kSearchKinds = 4;

// Upper bounds of lookbook_top1_similarity's buckets, ascending.
std::vector<double> Top1SimilarityBounds();

// Series of one configured bundle.
struct BundleMetrics {
  HistogramHandle batch_size;
  HistogramHandle batch_wait_seconds;
  CounterHandle batch_padding_total;
  CounterHandle batches_ok;
  CounterHandle batches_failed;
  GaugeHandle queue_depth;
  GaugeHandle queue_capacity;
  GaugeHandle queue_oldest_age_seconds;
  // The same series where the configured device is the CPU.
  CounterHandle embeddings_on_device_total;
  CounterHandle embeddings_on_cpu_total;
  std::array<CounterHandle, kSearchKinds> search_queries_total;  // By SearchKind.
  GaugeHandle recall_ratio;
  HistogramHandle top1_similarity;
  std::vector<GaugeHandle> top1_baseline;  // One for each of Top1SimilarityBounds().
  GaugeHandle items;
  GaugeHandle memory_bytes;
  GaugeHandle created_timestamp_seconds;
  HistogramHandle load_duration_seconds;
  GaugeHandle warmup_seconds;
  GaugeHandle retiring;
};

// Thread-safe.
class ServerMetrics {
 public:
  // `bundles`: the configured names, at most 8. `device`, "cpu" or another, is a label of
  // build_info and of embeddings_total.
  explicit ServerMetrics(const std::vector<std::string>& bundles, absl::string_view device = "cpu");
  ~ServerMetrics();

  BundleMetrics& bundle(absl::string_view name);

  void RequestStarted(Method method);
  // Counts lookbook_requests_total{method,code}, the duration, and lowers the in-flight gauge.
  void RequestFinished(Method method, absl::StatusCode code, double seconds);
  void DeadlineAtArrival(Method method, double seconds_left);
  void StageFinished(Stage stage, double seconds);
  // CPU time, of one query or of a batch (StageCpu). REQUIRES: not the queue, in which nothing
  // computes.
  void StageComputed(Stage stage, double cpu_seconds);
  void Shed(ShedReason reason);
  void Cancelled(Stage stage);
  // `format` "jpeg" | "png" | "unknown".
  void ImageDecoded(absl::string_view format, int64_t bytes, int64_t pixels);
  // `reason` outside the closed set counts as "other".
  void ImageRejected(absl::string_view format, absl::string_view reason);
  void DecodeWarning(absl::string_view kind);
  // Follows what is taken of limits.image_memory_bytes.
  GaugeHandle image_memory_bytes() const;
  // One image that is answered with an error for want of its embedding.
  void EmbeddingFailed(EmbeddingFailure cause);

  // lookbook_bundle_info{bundle,bundle_id,backbone,index} 1; the series of the bundle before is
  // removed.
  void BundleActive(absl::string_view name, absl::string_view bundle_id, absl::string_view backbone,
                    absl::string_view index);
  // result: success | manifest | checksum | format | golden | memory | io; anything else counts as
  // "other".
  void BundleLoaded(absl::string_view name, absl::string_view result);
  // service: "" (the server) | lookbook.v1.SearchService | lookbook.v1.CatalogService | liveness.
  void SetServing(absl::string_view service, bool serving);
  // pool: decode | embed | catalog; anything else counts as "other". The sum over all bundles.
  void SetThreads(absl::string_view pool, int threads);
  void ThreadBusy(absl::string_view pool, int by);
  // lookbook_connections, over all ports that speak gRPC.
  void ConnectionsChanged(int by);
  void ConnectionRefused(ConnectionRefusal why);
  // What the process may have in memory before the server calls itself sick.
  void SetMemoryBound(int64_t bytes);
  // A thread of `pool` was found hanging.
  void WorkerStalled(absl::string_view pool);

  // reason: no_token | wrong_token | wrong_port; anything else counts as "other".
  void AuthenticationFailed(absl::string_view reason);
  // file: certificate | admin_certificate | tokens | admin_tokens; anything else counts as "other".
  // What it holds now was taken, or was not.
  void SecretReloaded(absl::string_view file, bool taken);
  // In seconds since 1970.
  void SetCertificateExpiry(double timestamp);

  // From now on scrapes show what `stats` says of a device, and lookbook_gpu_lost; any thread calls
  // it.
  // REQUIRES: called at most once, before Expose().
  void WatchDevice(std::function<BackendStats()> stats);
  // The bundles are on the CPU from now on. REQUIRES: WatchDevice() was called.
  void DeviceLost();

  // Opens the scrape endpoint on its own port: "127.0.0.1:9464"; port 0 picks one. InvalidArgument
  // / Unavailable name the address. Returns the port. REQUIRES: called at most once.
  absl::StatusOr<int> Expose(const std::string& address);
  // The text a scrape would get.
  std::string Scrape() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
