// Who waits until no call is under way any more.
#pragma once

#include <cstdint>

#include "base/mutex.h"

namespace lookbook {

// Counts calls by objects in them. A call outlives the last line of what it calls at its end, so
// what it needs may go only once the object has. Thread-safe.
class LiveCalls {
 public:
  // Counted from construction to destruction. Of a call's members the first, so that it is the last
  // to go.
  class Token {
   public:
    explicit Token(LiveCalls* calls) : calls_(*calls) {
      MutexLock lock(&calls_.mutex_);
      ++calls_.live_;
    }
    ~Token() {
      MutexLock lock(&calls_.mutex_);
      if (--calls_.live_ == 0) calls_.none_.NotifyAll();
    }
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;

   private:
    LiveCalls& calls_;
  };

  void AwaitNone() {
    MutexLock lock(&mutex_);
    while (live_ > 0) none_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int64_t live_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lookbook
