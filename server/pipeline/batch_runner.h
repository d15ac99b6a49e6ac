// Runs one batch: embed its images, then search all of its vectors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/buffer_pool.h"
#include "server/pipeline/in_flight.h"
#include "server/pipeline/recall_probe.h"

namespace lookbook {

// Queries that were admitted under different bundles are run as separate batches, one bundle each
// for embedding and search. A batch whose model or search fails is run again in parts, once, so
// that one bad query fails alone: one by one, or in halves when memory was short. Answers every
// query it is given. Thread-safe. `context` and `bundle_metrics` must outlive it.
class BatchRunner {
 public:
  // `name`: the configured bundle, for log lines.
  BatchRunner(std::string name, BundleMetrics* bundle_metrics, const QueryContext* context);

  void Run(std::vector<InFlightPtr> batch);

  // Offered what each search found. Who calls Run() lets it run after that, elsewhere.
  RecallProbe& recall() { return recall_; }

 private:
  class OneBundle;  // A batch of one bundle on its way.

  void RunParts(absl::Span<const InFlightPtr> batch);

  const std::string name_;
  BundleMetrics& bundle_metrics_;
  const QueryContext& context_;
  RecallProbe recall_;
  BufferPool<float> tensors_;  // What models take, one of the two.
  BufferPool<uint8_t> pixels_;
};

}  // namespace lookbook
