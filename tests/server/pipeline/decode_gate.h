// Holds one decode thread of a pipeline.
#pragma once

#include <utility>

#include "base/mutex.h"
#include "server/pipeline/pipeline.h"

namespace lookbook {

// An image that is refused, and whose `done` stays on the decode thread until Open().
// Thread-safe. Must outlive the pipeline's last decode.
class DecodeGate {
 public:
  ~DecodeGate() { Open(); }

  // Returns once a decode thread is held. REQUIRES: the pipeline has a place for one more image.
  void HoldOneThread(Pipeline& pipeline) {
    Query query;
    query.image = "no image";
    pipeline.Submit(std::move(query), [this](absl::StatusOr<QueryResult>) {
      MutexLock lock(&mutex_);
      held_ = true;
      changed_.NotifyAll();
      while (!open_) changed_.Wait(&mutex_);
    });
    MutexLock lock(&mutex_);
    while (!held_) changed_.Wait(&mutex_);
  }

  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lookbook
