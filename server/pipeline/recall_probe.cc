#include "server/pipeline/recall_probe.h"

#include <algorithm>
#include <utility>

#include "base/exception_fence.h"
#include "base/logging.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// The index may take its short way (vector_index.h).
bool IsPlain(const QueryOptions& options) {
  return options.allowed == nullptr && options.excluded_row < 0 && options.min_similarity <= -1 &&
         !options.exact;
}

}  // namespace

RecallProbe::RecallProbe(std::string name, GaugeHandle recall, const Clock* clock)
    : name_(std::move(name)), recall_(recall), clock_(*clock) {}

void RecallProbe::Offer(const std::shared_ptr<const Bundle>& bundle,
                        absl::Span<const float> queries, absl::Span<const QueryOptions> options,
                        absl::Span<const std::vector<Neighbor>> found) {
  if (bundle->index->search().empty()) return;  // An exact kind.
  const auto plain = std::find_if(options.begin(), options.end(), IsPlain);
  if (plain == options.end()) return;
  const auto at = static_cast<size_t>(plain - options.begin());
  const auto dim = static_cast<size_t>(bundle->index->dim());
  const absl::Span<const float> query = queries.subspan(at * dim, dim);
  const absl::Time now = clock_.Now();
  MutexLock lock(&mutex_);
  if (now < next_) return;
  kept_ = Sample{bundle, {query.begin(), query.end()}, *plain, found[at]};
  next_ = absl::InfiniteFuture();  // Until Run() is done with it.
}

bool RecallProbe::HasSample() const {
  MutexLock lock(&mutex_);
  return kept_.has_value();
}

void RecallProbe::Run(const Snapshot<Bundle>& live) {
  std::optional<Sample> sample;
  {
    MutexLock lock(&mutex_);
    std::swap(sample, kept_);
  }
  if (!sample.has_value()) return;
  const absl::Time begin = clock_.Now();
  const absl::Status status = CatchToStatus("an exact search", [&]() -> absl::Status {
    LB_ASSIGN_OR_RETURN(const double recall, Recall(*sample));
    if (live.Get() == sample->bundle) Count(sample->bundle->id, recall);
    return absl::OkStatus();
  });
  const absl::Time end = clock_.Now();
  {
    MutexLock lock(&mutex_);
    next_ =
        end + (status.ok() ? std::max(kPause, (end - begin) / kShareOfTime) : kPauseAfterFailure);
  }
  if (status.ok()) return;
  LogWarning("recall was not measured",
             {{"bundle", name_}, {"bundle_id", sample->bundle->id}, {"status", status}});
}

absl::StatusOr<double> RecallProbe::Recall(const Sample& sample) {
  QueryOptions options = sample.options;
  options.exact = true;
  LB_ASSIGN_OR_RETURN(const auto lists, sample.bundle->index->Search(sample.query, {options}));
  const std::vector<Neighbor>& exact = lists.at(0);
  if (exact.empty()) return 1;
  const float last = exact.back().similarity;
  const auto found = std::count_if(sample.found.begin(), sample.found.end(),
                                   [last](const Neighbor& n) { return n.similarity >= last; });
  return static_cast<double>(found) / static_cast<double>(exact.size());
}

void RecallProbe::Count(const std::string& bundle_id, double recall) {
  MutexLock lock(&mutex_);
  if (bundle_id != measured_id_) {
    measured_id_ = bundle_id;
    samples_ = 0;
    mean_ = 0;
  }
  samples_ = std::min(samples_ + 1, kSamples);
  mean_ += (recall - mean_) / samples_;
  recall_.Set(mean_);
}

}  // namespace lookbook
