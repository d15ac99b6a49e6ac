// A pipeline with real decoding and items, a model that can be stepped and a brute-force index.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "engine/bundle/bundle.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/pipeline.h"
#include "tests/server/pipeline/stepped_embedder.h"
#include "tests/support/fake_index.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {

// What becomes of one query. Thread-safe.
class Pending {
 public:
  // Lives on in the pipeline until it was called.
  static QueryDone Done(std::shared_ptr<Pending> pending);

  // Blocks until the answer is there.
  const absl::StatusOr<QueryResult>& Wait() const;
  int calls() const;  // Of `done`; never above 1.

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::StatusOr<QueryResult> answer_ ABSL_GUARDED_BY(mutex_);
};

// Same rows in the same order, similarities within 1e-5.
void ExpectSameNeighbors(const std::vector<Neighbor>& found, const std::vector<Neighbor>& expected);

struct TestBundleParts {
  std::shared_ptr<const Bundle> bundle;
  SteppedEmbedder* embedder = nullptr;  // Both owned by `bundle`.
  FakeIndex* index = nullptr;
  std::vector<Item> items;
  std::vector<float> vectors;  // float32[items, dim]
};

class PipelineTest : public ::testing::Test {
 public:
  static constexpr char kName[] = "test";

  // A bundle of its own items and vectors; the same options give the same.
  TestBundleParts MakeBundle(const TestBundleOptions& options = {}, int max_batch = 32);

  // A pipeline that already has `parts_`.
  void Start(const PipelineOptions& options = {.decode_threads = 1, .embed_workers = 1});

  std::shared_ptr<Pending> Submit(Query query);

  static Query ImageQuery(absl::string_view bytes);
  static Query ItemQuery(std::string item_id);
  static Query VectorQuery(std::vector<float> vector);

  // The rows of `vectors` that `allows`, best first, by a plain loop; ties by lower row.
  static std::vector<Neighbor> BruteForce(const TestBundleParts& parts,
                                          const std::vector<float>& query, int top_k,
                                          const std::function<bool(const Item&)>& allows = nullptr);

  // The answer to `image` by decoding, preprocessing and embedding it here, without the pipeline.
  static SteppedAnswer Expected(const TestBundleParts& parts, absl::string_view image);

  // A sample of a scrape: Metric("lookbook_shed_total{reason=\"deadline\"}"). Fails the test when
  // it is not there.
  double Metric(const std::string& series) const;

  int bundles_made_ = 0;
  TempDir directory_;
  ManualClock clock_;
  ServerMetrics metrics_{{kName}};
  TestBundleParts parts_ = MakeBundle();
  const std::string jpeg_;  // A picture that decodes.
  std::unique_ptr<Pipeline> pipeline_;

  PipelineTest();
  ~PipelineTest() override;
};

}  // namespace lookbook
