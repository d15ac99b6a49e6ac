// One query's way through the server: decode -> batch -> embed -> search -> item facts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/running_tasks.h"
#include "base/snapshot.h"
#include "engine/bundle/bundle.h"
#include "engine/image/image_header.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

class ImageMemory;

struct QueryResult;

enum class QueryKind { kImage, kItem, kVector };

struct Query {
  QueryKind kind = QueryKind::kImage;
  absl::string_view image;    // kImage: bytes that outlive the call of `done`.
  std::string item_id;        // kItem
  std::vector<float> vector;  // kVector; normalised by the pipeline.

  bool search = true;  // False: embedding and scores only.
  int top_k = 10;
  float min_similarity = -2;  // -1 to 1; the default leaves out none.
  IdFilter class_filter;
  IdFilter attribute_filter;
  bool exclude_self = false;  // kItem: the item itself is no neighbour. Other kinds: no effect.

  // Called on the submitting thread, before anything else is done, with the bundle that the query
  // will be answered or refused from; not when there is none. May be null.
  std::function<void(const Bundle&)> bundle_chosen;
  // Called just before `done`, on its thread, with what is known of the query by then, whether it
  // is answered or refused. Must not block or throw. May be null.
  std::function<void(const QueryResult&)> ended;

  // Whose query it is: the far end of a connection, which has its share of the queue's places
  // (queue_places.h). Empty: nobody's.
  std::string peer;

  // Of the pipeline's clock. No stage starts past it.
  absl::Time deadline = absl::InfiniteFuture();
  // May be null. No stage starts once it is true; it never goes back to false.
  std::shared_ptr<std::atomic<bool>> cancelled;
};

// Seconds; 0 for a stage that did not run. `queue` is all waiting: for a decode thread and for a
// batch.
struct StageSeconds {
  double decode = 0, preprocess = 0, queue = 0, embed = 0, search = 0, total = 0;
};

// What a picture's file says of itself.
struct ImageFacts {
  const char* format = "";  // "jpeg", "png" or "unknown"; empty: there was no picture, or no look.
  int width = 0;            // As stored; 0 where the header was refused.
  int height = 0;
};

struct QueryResult {
  // Model, index and facts of this answer; all from this one bundle.
  std::shared_ptr<const Bundle> bundle;
  std::vector<Neighbor> neighbors;  // Rows of bundle->items.
  std::vector<float> embedding;     // The query's unit vector.
  std::vector<float> scores;        // kImage: one a class, in the manifest's order.
  // kImage: one an attribute, in the manifest's order; none where the model does not score them.
  std::vector<float> attribute_scores;
  StageSeconds seconds;
  ImageFacts image;
  int batch = 0;  // Queries of the batch that it came into; 0: into none.
  std::vector<std::string> warnings;
};

using QueryDone = std::function<void(absl::StatusOr<QueryResult>)>;

struct PipelineOptions {
  ImageLimits image_limits;
  int decode_threads = 2;
  int decode_queue = 64;  // Images that may wait for a decode thread.
  int embed_workers = 2;
  int max_batch = 8;  // More images than the embedder's MaxBatch() are embedded in parts.
  absl::Duration max_batch_delay = absl::ZeroDuration();
  // Queries that may be inside before a batch takes them. An image takes its place at admission,
  // before it is decoded, so that no image is decoded that would then find the queue full.
  int queue_capacity = 64;
  // Told of each image that is decoded and each batch that runs. Outlives the pipeline; may be
  // null.
  RunningTasks* running = nullptr;
  // Of which each picture takes its file's bytes until its answer, and its pixels' until it is
  // resized, from admission on. Shared by pipelines. Null: no bound.
  std::shared_ptr<ImageMemory> image_memory;
};

// The pipeline of one named bundle root. Thread-safe.
class Pipeline {
 public:
  // `metrics` and `clock` must outlive the pipeline. `name` is the configured bundle name, a metric
  // label. REQUIRES: `metrics` knows `name`.
  //
  // InvalidArgument: an option is out of range. ResourceExhausted: the system gives no thread.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Create(std::string name,
                                                          const PipelineOptions& options,
                                                          ServerMetrics* metrics,
                                                          const Clock* clock);
  // Shutdown().
  ~Pipeline();

  // The bundle that new queries use; null at first.
  std::shared_ptr<const Bundle> bundle() const;
  // Queries submitted from now on use `next`. Those inside keep the bundle that they were admitted
  // with, for preprocessing, embedding and search; two bundles never meet in one batch.
  // Hands the old one back. Queries inside and answers hold it too: the caller destroys it, away
  // from request threads, once use_count() is 1.
  std::shared_ptr<const Bundle> SetBundle(std::shared_ptr<const Bundle> next);

  // Never blocks, never throws. `done` is called exactly once, on this thread (refusals) or one of
  // the pipeline's; a full queue also lets go of its cancelled and expired queries on this thread.
  // `done` must not block or throw.
  //
  // InvalidArgument: the reasons of DecodeImage, and bad_k, bad_similarity, bad_vector, bad_filter.
  // NotFound: unknown_item. Unavailable: no_bundle, none was set yet; draining, Shutdown() began.
  // ResourceExhausted: queue_full; deadline_too_short, by what the queries before it took it would
  // not be answered in time; memory, the pictures inside have taken all of it, or without a reason,
  // out of memory. All with a retry pushback
  // (base/retry_pushback.h) once enough was measured. DeadlineExceeded, Cancelled.
  // Internal: the model or the index failed for this query.
  void Submit(Query query, QueryDone done);

  // Refuses new queries, finishes those inside, joins the threads. Idempotent.
  // REQUIRES: not called from `done`.
  void Shutdown();

 private:
  struct Impl;
  explicit Pipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
