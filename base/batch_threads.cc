#include "base/batch_threads.h"

#include <sched.h>

#include <cerrno>

#include "absl/status/status.h"
#include "base/logging.h"

namespace lookbook {
namespace {

// Of the calling thread. False: the system refuses.
bool SetPolicy(int policy) {
  const struct sched_param none = {};
  if (::sched_setscheduler(0, policy, &none) == 0) return true;
  LogDebug("a thread keeps its scheduling policy",
           {{"status", absl::ErrnoToStatus(errno, "sched_setscheduler")}});
  return false;
}

}  // namespace

BatchThreads::BatchThreads() {
  if (::sched_getscheduler(0) == SCHED_OTHER) changed_ = SetPolicy(SCHED_BATCH);
}

BatchThreads::~BatchThreads() {
  if (changed_) SetPolicy(SCHED_OTHER);
}

}  // namespace lookbook
