// What a device backend says of itself, read at every scrape.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <utility>
#include <vector>

#include "engine/device/device_backend.h"

namespace lookbook {

// lookbook_gpu_memory_bytes, lookbook_gpu_utilization_ratio, lookbook_gpu_fallbacks_total and
// lookbook_cuda_graph_replays_total. A number that is not known is left out. Immutable.
// Thread-safe.
class DeviceCollector : public prometheus::Collectable {
 public:
  // `stats` is called by any thread.
  explicit DeviceCollector(std::function<BackendStats()> stats) : stats_(std::move(stats)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::function<BackendStats()> stats_;
};

}  // namespace lookbook
