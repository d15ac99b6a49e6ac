// One query between Submit() and its answer.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "engine/image/image.h"
#include "server/metrics/server_metrics.h"
#include "server/pipeline/image_memory.h"
#include "server/pipeline/pipeline.h"
#include "server/pipeline/queue_places.h"
#include "server/pipeline/wait_estimator.h"

namespace lookbook {

// Counts who is inside. Thread-safe.
class Inside {
 public:
  void AddUndecoded(int by) { undecoded_.fetch_add(by, std::memory_order_relaxed); }
  void AddUnanswered(int by) { unanswered_.fetch_add(by, std::memory_order_relaxed); }
  WorkAhead Now() const {
    return {undecoded_.load(std::memory_order_relaxed),
            unanswered_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<int> undecoded_{0};
  std::atomic<int> unanswered_{0};
};

// What the queries of one pipeline share.
struct QueryContext {
  ServerMetrics* metrics = nullptr;
  const Clock* clock = nullptr;
  QueuePlaces* places = nullptr;
  Inside* inside = nullptr;
  WaitEstimator* estimator = nullptr;
  ImageMemory* image_memory = nullptr;  // Null: no bound.
};

// Calls `done` exactly once: in Answer(), in Fail(), or, with INTERNAL, when it is destroyed before
// either. Not thread-safe; it is handed from one stage to the next.
class InFlight {
 public:
  // `context` must outlive this object.
  InFlight(Query query, QueryDone done, const QueryContext* context);
  ~InFlight();
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // True when `stage` may start. Otherwise the query was cancelled or its deadline has come: it is
  // answered and counted now.
  bool MayStart(Stage stage);

  // Takes a place in the queue, as QueuePlaces::Take() for the query's peer. It is given back by
  // LeaveQueue() or with the answer. From then on until its answer the query counts as inside, and
  // until Decoded(), as a picture that is not decoded.
  absl::Status TakePlace();
  void LeaveQueue();
  // Sets memory aside for a picture's file and its decoding; false when it is not there. That of
  // the decoding is given back by Decoded(), all that is left with the answer.
  bool TryTakeMemory(int64_t file_bytes, int64_t decode_bytes);
  // Its pixels have the size that the model wants.
  void Decoded();

  // Fills result.seconds.total and hands `result` over. Each way to the answer first tells
  // query.ended of `result`.
  void Answer();
  // Counts a shed query, then hands `status` over; when it says ResourceExhausted, with the time
  // that what is inside still takes as its retry pushback, if that is known. REQUIRES:
  // !status.ok().
  void Fail(absl::Status status);
  void FailCancelled(Stage stage);
  void FailDeadline(Stage stage);
  bool answered() const { return done_ == nullptr; }

  Query query;
  absl::Time queued;   // When it began to wait: for a decode thread, later for a batch.
  int64_t row = -1;    // kItem: the item's row of result.bundle.
  Image pixels;        // kImage, once decoded: ResizeForModel's result for result.bundle.
  QueryResult result;  // result.bundle is chosen at admission and never changes.

 private:
  // With `result` when `status` is OK.
  void Finish(absl::Status status);
  void GiveMemory(int64_t* bytes);

  const QueryContext& context_;
  QueryDone done_;
  const absl::Time submitted_;
  bool has_place_ = false;
  bool inside_ = false;
  bool undecoded_ = false;
  int64_t file_bytes_ = 0;  // Memory that was set aside.
  int64_t decode_bytes_ = 0;
};

using InFlightPtr = std::shared_ptr<InFlight>;

}  // namespace lookbook
