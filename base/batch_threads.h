// Threads that do not interrupt others.
#pragma once

namespace lookbook {

// Threads that are started by this thread while one of these lives are scheduled as batch work
// (SCHED_BATCH of sched(7)): when they wake up and every core works, they wait for their turn
// instead of interrupting; an idle core they take at once. For threads that a library starts for
// small, frequent work beside long computations. Where this thread has a policy of its own already,
// or the system refuses, nothing changes (the latter is logged). Not for use from several threads.
class BatchThreads {
 public:
  BatchThreads();
  // This thread is scheduled as before.
  ~BatchThreads();
  BatchThreads(const BatchThreads&) = delete;
  BatchThreads& operator=(const BatchThreads&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace lookbook
