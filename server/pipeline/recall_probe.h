// How many of the nearest items an approximate index finds, measured in service.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "engine/bundle/bundle.h"
#include "engine/index/vector_index.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// Now and then a query that was answered is searched again, exactly, and the two answers are
// compared. A neighbour counts as found when it is as similar as the last one of the exact answer,
// so that ties do not count against the index. Thread-safe.
class RecallProbe {
 public:
  // The gauge is the mean over the samples of one bundle; from so many on, old ones fade.
  static constexpr int kSamples = 100;
  // Samples are at least so far apart, and so far that exact searches take at most this share of
  // one thread's time.
  static constexpr absl::Duration kPause = absl::Seconds(1);
  static constexpr double kShareOfTime = 0.005;
  // After an exact search that failed.
  static constexpr absl::Duration kPauseAfterFailure = absl::Minutes(1);

  // `name`: the configured bundle, for log lines. `recall` and `clock` must outlive it.
  RecallProbe(std::string name, GaugeHandle recall, const Clock* clock);

  // What a search of `bundle` found. Keeps one of its queries as a sample for Run() when it is time
  // for one and the index was free to answer that query approximately.
  void Offer(const std::shared_ptr<const Bundle>& bundle, absl::Span<const float> queries,
             absl::Span<const QueryOptions> options, absl::Span<const std::vector<Neighbor>> found);

  // A sample waits for Run().
  bool HasSample() const;

  // Searches exactly for the sample, if there is one, and sets the gauge, unless `live` holds
  // another bundle by then. Takes as long as that search, which is long where the index is large:
  // on a thread that no query waits for. A failure is logged.
  void Run(const Snapshot<Bundle>& live);

 private:
  struct Sample {
    std::shared_ptr<const Bundle> bundle;
    std::vector<float> query;
    QueryOptions options;
    std::vector<Neighbor> found;
  };

  static absl::StatusOr<double> Recall(const Sample& sample);
  void Count(const std::string& bundle_id, double recall);

  const std::string name_;
  GaugeHandle recall_;
  const Clock& clock_;
  mutable Mutex mutex_;
  absl::Time next_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::optional<Sample> kept_ ABSL_GUARDED_BY(mutex_);
  std::string measured_id_ ABSL_GUARDED_BY(mutex_);  // The bundle that the mean is of.
  int samples_ ABSL_GUARDED_BY(mutex_) = 0;
  double mean_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lookbook
