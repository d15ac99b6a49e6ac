// What a stage computes, measured where it runs.
#pragma once

#include "base/thread_cpu_time.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// Counts what this thread computes while it lives for a stage, once for a whole batch. Unlike the
// stage's time by the clock, in which other threads may have had the core.
class StageCpu {
 public:
  // `metrics` must outlive it.
  StageCpu(ServerMetrics* metrics, Stage stage)
      : metrics_(*metrics), stage_(stage), begin_(ThreadCpuTime()) {}
  StageCpu(const StageCpu&) = delete;
  StageCpu& operator=(const StageCpu&) = delete;
  ~StageCpu() { metrics_.StageComputed(stage_, absl::ToDoubleSeconds(ThreadCpuTime() - begin_)); }

 private:
  ServerMetrics& metrics_;
  const Stage stage_;
  const absl::Duration begin_;
};

}  // namespace lookbook
