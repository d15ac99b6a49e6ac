#include "server/metrics/bundle_series.h"

#include <cassert>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/metrics/buckets.h"
#include "server/metrics/closed_set.h"

namespace lookbook {
namespace {

using prometheus::Labels;
using prometheus::Registry;

void AddBatchSeries(Registry& registry, const Labels& labels, BundleMetrics& m) {
  m.batch_size = AddHistogram(registry, "lookbook_batch_size", "Queries of one kind run together.",
                              BatchBuckets(), labels);
  m.batch_wait_seconds =
      AddHistogram(registry, "lookbook_batch_wait_seconds",
                   "Time the oldest query of a batch had waited when the batch began.",
                   LatencyBuckets(), labels);
  m.batch_padding_total = AddCounter(registry, "lookbook_batch_padding_total",
                                     "Places of batches that were padded, not used.", labels);
  Labels ok = labels, failed = labels;
  ok["result"] = "ok";
  failed["result"] = "failed";
  const std::string help = "Batches that ran, by result.";
  m.batches_ok = AddCounter(registry, "lookbook_batches_total", help, ok);
  m.batches_failed = AddCounter(registry, "lookbook_batches_total", help, failed);
}

void AddQueueSeries(Registry& registry, const Labels& labels, BundleMetrics& m) {
  Labels queue = labels;
  queue["stage"] = "embed";
  m.queue_depth = AddGauge(registry, "lookbook_queue_depth",
                           "Admitted queries that no batch has taken yet.", queue);
  m.queue_capacity =
      AddGauge(registry, "lookbook_queue_capacity",
               "Admitted queries that may be there before a batch takes them.", queue);
  m.queue_oldest_age_seconds = AddGauge(registry, "lookbook_queue_oldest_age_seconds",
                                        "How long the oldest waiting query has waited.", queue);
}

void AddResultSeries(Registry& registry, const Labels& labels, const std::string& device,
                     BundleMetrics& m) {
  Labels on_device = labels, on_cpu = labels;
  on_device["device"] = device;
  on_cpu["device"] = "cpu";
  const std::string help = "Images that the model embedded.";
  m.embeddings_on_device_total = AddCounter(registry, "lookbook_embeddings_total", help, on_device);
  m.embeddings_on_cpu_total = AddCounter(registry, "lookbook_embeddings_total", help, on_cpu);
  for (size_t i = 0; i < kSearchKinds; ++i) {
    Labels search = labels;
    search["kind"] = kSearchKindNames[i];
    m.search_queries_total[i] = AddCounter(registry, "lookbook_search_queries_total",
                                           "Vectors looked up in the index, by its kind.", search);
  }
  m.recall_ratio = AddGauge(registry, "lookbook_recall_ratio",
                            "Share of the nearest items that searches find, sampled against an "
                            "exact search; NaN before the first sample.",
                            labels);
  m.recall_ratio.Set(std::numeric_limits<double>::quiet_NaN());
  m.top1_similarity = AddHistogram(registry, "lookbook_top1_similarity",
                                   "Cosine similarity of the best neighbour: watch it for drift.",
                                   SimilarityBuckets(), labels);
  for (const double bound : SimilarityBuckets()) {
    Labels baseline = labels;
    baseline["bound"] = absl::StrCat(bound);
    GaugeHandle gauge =
        AddGauge(registry, "lookbook_top1_similarity_baseline_ratio",
                 "Share of the live bundle's calibration queries whose best neighbour was at most "
                 "this similar; NaN without a calibration.",
                 baseline);
    gauge.Set(std::numeric_limits<double>::quiet_NaN());
    m.top1_baseline.push_back(gauge);
  }
}

void AddFactSeries(Registry& registry, const Labels& labels, BundleMetrics& m) {
  m.items = AddGauge(registry, "lookbook_bundle_items", "Items in the live bundle.", labels);
  m.memory_bytes =
      AddGauge(registry, "lookbook_bundle_memory_bytes",
               "Model, vectors and item facts that the live bundle holds in memory.", labels);
  m.created_timestamp_seconds =
      AddGauge(registry, "lookbook_bundle_created_timestamp_seconds",
               "When the live bundle was made, in seconds since 1970.", labels);
  m.load_duration_seconds =
      AddHistogram(registry, "lookbook_bundle_load_duration_seconds",
                   "Time to check, open, warm up and self-test a bundle.", LoadBuckets(), labels);
  m.warmup_seconds = AddGauge(registry, "lookbook_warmup_seconds",
                              "Time the live bundle's model took to warm up.", labels);
  m.retiring = AddGauge(registry, "lookbook_bundles_retiring",
                        "Replaced bundles that queries inside still use.", labels);
}

}  // namespace

BundleSeries::BundleSeries(Registry& registry, const std::vector<std::string>& bundles,
                           const std::string& device)
    : info_family_(GaugeFamily(registry, "lookbook_bundle_info",
                               "1 for the bundle that is live under a configured name.")) {
  for (const std::string& name : bundles) {
    OfBundle& series = bundles_[name];
    const Labels labels = {{"bundle", name}};
    AddBatchSeries(registry, labels, series.metrics);
    AddQueueSeries(registry, labels, series.metrics);
    AddResultSeries(registry, labels, device, series.metrics);
    AddFactSeries(registry, labels, series.metrics);
    for (size_t i = 0; i < kLoadResults.size(); ++i) {
      series.loads[i] =
          AddCounter(registry, "lookbook_bundle_loads_total",
                     "Attempts to load a bundle, by result: success or the check that failed.",
                     {{"bundle", name}, {"result", kLoadResults[i]}});
    }
  }
}

BundleMetrics& BundleSeries::bundle(absl::string_view name) { return Find(name).metrics; }

void BundleSeries::Loaded(absl::string_view name, absl::string_view result) {
  Find(name).loads[IndexOrLast(kLoadResults, result)].Add();
}

void BundleSeries::Active(absl::string_view name, absl::string_view bundle_id,
                          absl::string_view backbone, absl::string_view index) {
  OfBundle& series = Find(name);
  MutexLock lock(&info_mutex_);
  if (series.info != nullptr) info_family_.Remove(series.info);
  series.info = &info_family_.Add({{"bundle", std::string(name)},
                                   {"bundle_id", std::string(bundle_id)},
                                   {"backbone", std::string(backbone)},
                                   {"index", std::string(index)}});
  series.info->Set(1);
}

BundleSeries::OfBundle& BundleSeries::Find(absl::string_view name) {
  const auto found = bundles_.find(std::string(name));
  assert(found != bundles_.end());
  return found->second;
}

}  // namespace lookbook
