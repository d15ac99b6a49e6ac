#include "server/lifecycle/bundle_loader.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "base/prefix.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/bundle/calibration.h"
#include "engine/bundle/manifest.h"
#include "server/lifecycle/bundle_memory.h"

namespace lookbook {
namespace {

BundleOptions WithoutWarmUp(BundleOptions options) {
  options.warm_up = false;
  return options;
}

// NaN where the bundle says nothing.
void ReportBaseline(const Manifest& manifest, BundleMetrics& metrics) {
  const std::vector<double> bounds = Top1SimilarityBounds();
  for (size_t i = 0; i < bounds.size(); ++i) {
    metrics.top1_baseline[i].Set(
        BaselineShare(manifest, bounds[i]).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
}

}  // namespace

BundleLoader::BundleLoader(BundleOpener opener, const BundleOptions& options,
                           ServerMetrics* metrics, const Clock* clock)
    : opener_(std::move(opener)), options_(options), metrics_(metrics), clock_(clock) {}

absl::Status BundleLoader::Load(const std::string& name, const std::string& bundle_root,
                                Pipeline* pipeline) const {
  LB_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle, Open(name, bundle_root));
  Set(name, std::move(bundle), pipeline);  // What it returns dies here, away from request threads.
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Bundle>> BundleLoader::Open(const std::string& name,
                                                                 const std::string& path) const {
  const absl::Time begin = clock_->Now();
  absl::StatusOr<std::shared_ptr<const Bundle>> opened = OpenWarm(name, path);
  const double seconds = absl::ToDoubleSeconds(clock_->Now() - begin);
  metrics_->bundle(name).load_duration_seconds.Observe(seconds);
  if (!opened.ok()) {
    metrics_->BundleLoaded(name, GetReason(opened.status()));
    return WithPrefix(absl::StrCat("bundle ", name, " in ", path), opened.status());
  }
  LogInfo("bundle loaded", {{"bundle", name},
                            {"bundle_id", (*opened)->id},
                            {"items", (*opened)->items->size()},
                            {"index", (*opened)->index->spec()},
                            {"search", (*opened)->index->search()},
                            {"seconds", seconds}});
  return opened;
}

std::shared_ptr<const Bundle> BundleLoader::Set(const std::string& name,
                                                std::shared_ptr<const Bundle> next,
                                                Pipeline* pipeline) const {
  const Bundle& bundle = *next;
  metrics_->BundleLoaded(name, "success");
  metrics_->BundleActive(name, bundle.id, bundle.manifest.backbone(), bundle.index->spec());
  metrics_->bundle(name).items.Set(static_cast<double>(bundle.items->size()));
  metrics_->bundle(name).memory_bytes.Set(static_cast<double>(BundleMemoryBytes(bundle)));
  const absl::StatusOr<absl::Time> created = ParseCreated(bundle.manifest.created());
  if (created.ok()) {
    metrics_->bundle(name).created_timestamp_seconds.Set(
        static_cast<double>(absl::ToUnixSeconds(*created)));
  }
  ReportBaseline(bundle.manifest, metrics_->bundle(name));
  if (options_.device != nullptr && !bundle.index_on_device) {
    LogWarning("the index is searched on the CPU: the device holds Flat and IVF alone",
               {{"bundle", name}, {"index", bundle.index->spec()}});
  }
  // An exact index finds all; of another it is measured (recall_probe.h), from now on.
  const bool exact = bundle.index->search().empty();
  std::shared_ptr<const Bundle> before = pipeline->SetBundle(std::move(next));
  metrics_->bundle(name).recall_ratio.Set(exact ? 1 : std::numeric_limits<double>::quiet_NaN());
  return before;
}

absl::StatusOr<std::shared_ptr<const Bundle>> BundleLoader::OpenWarm(
    const std::string& name, const std::string& path) const {
  // Warmed up here rather than by the opener, so that its time can be told apart.
  LB_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle, opener_(path, WithoutWarmUp(options_)));
  if (!options_.warm_up) return bundle;
  const absl::Time begin = clock_->Now();
  if (const absl::Status status = bundle->embedder->WarmUp(); !status.ok()) {
    return WithReason(status, absl::IsResourceExhausted(status) ? "memory" : "format");
  }
  metrics_->bundle(name).warmup_seconds.Set(absl::ToDoubleSeconds(clock_->Now() - begin));
  return bundle;
}

}  // namespace lookbook
