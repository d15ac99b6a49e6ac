// Which waiting items form a batch, and when: the policy alone. Time is an argument, threads are
// the batcher's.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lookbook {

struct BatchQueueOptions {
  int max_size = 8;  // Items a batch may hold; at least 1.
  absl::Duration max_delay =
      absl::ZeroDuration();  // How long the oldest item may wait for company.
  int capacity = 64;         // Items that may wait; at least max_size.
};

// InvalidArgument names the option and its value.
absl::Status CheckBatchQueueOptions(const BatchQueueOptions& options);

// Why an item left the queue without being run.
enum class DropReason { kDeadline, kCancelled };
absl::string_view DropReasonName(DropReason reason);  // "deadline" | "cancelled"

// What Push() answers when it takes nothing in.
absl::Status QueueFullError(int capacity);  // ResourceExhausted, reason queue_full.
absl::Status QueueClosedError();            // Unavailable, reason draining.

// First in, first out. Items may be announced before they come. An item that was has patience for
// others that are: for half of what a batch takes (SetBatchTime) it waits for them beyond
// max_delay, unless one that waits was not announced, or has a deadline that a batch begun later
// might miss. A batch is no larger than its deadlines allow (SetQueryTime): those that are left
// over come with the next one, on another worker perhaps. An item is dead once `now` reaches its
// deadline or its cancel flag is set: the dead are handed back by PopDropped() and never stand in a
// batch; one that is both expired and cancelled counts as expired. Not thread-safe; Batcher's mutex
// guards it. Every call costs time linear in size() at most.
template <typename T>
class BatchQueue {
 public:
  struct Dropped {
    T item;
    DropReason reason;
  };

  // REQUIRES: CheckBatchQueueOptions(options).ok().
  explicit BatchQueue(BatchQueueOptions options) : options_(options) {}

  // Moves *item to the end of the queue; on failure *item is left as it was. `cancelled` may be
  // null; it must live as long as the item waits here, and once true stays true. REQUIRES: `now`
  // never goes back from one call to the next.
  //
  // ResourceExhausted queue_full: size() is at capacity. Unavailable draining: after Close().
  absl::Status Push(T* item, absl::Time now, absl::Time deadline = absl::InfiniteFuture(),
                    const std::atomic<bool>* cancelled = nullptr, bool announced = false) {
    if (closed_) return QueueClosedError();
    if (size() >= options_.capacity) return QueueFullError(options_.capacity);
    entries_.push_back(Entry{std::move(*item), now, deadline, cancelled, announced});
    return absl::OkStatus();
  }

  // An item is on its way: Push() or not, Withdraw() follows once.
  void Announce() { ++announced_; }
  void Withdraw() { --announced_; }
  // What a batch takes; zero, as to begin with, leaves no patience.
  void SetBatchTime(absl::Duration time) { batch_time_ = time; }
  // What each item adds to the time of its batch; zero, as to begin with, bounds no batch.
  void SetQueryTime(absl::Duration time) { query_time_ = time; }

  // The oldest living items, at most max_size and no more than their deadlines allow, once so many
  // wait, or the oldest has waited for long enough (max_delay, and with patience longer), or the
  // queue is closed. Empty otherwise.
  std::vector<T> PopDue(absl::Time now) {
    std::vector<T> batch;
    if (DueTime(now) > now) return batch;
    Room room = RoomAt(now);
    Remove([&](Entry& entry) {
      if (WhyDead(entry, now) || !room.Take(entry.deadline)) return false;
      batch.push_back(std::move(entry.item));
      return true;
    });
    return batch;
  }

  // The dead, for their owners to be told.
  std::vector<Dropped> PopDropped(absl::Time now) {
    std::vector<Dropped> dropped;
    Remove([&](Entry& entry) {
      const std::optional<DropReason> reason = WhyDead(entry, now);
      if (reason) dropped.push_back(Dropped{std::move(entry.item), *reason});
      return reason.has_value();
    });
    return dropped;
  }

  // When PopDue() or PopDropped() will have something if nothing is pushed until then: `now` when
  // they have it already, InfiniteFuture() when the queue is empty. A cancel flag that is set later
  // is not foreseen.
  absl::Time NextWake(absl::Time now) const {
    absl::Time wake = DueTime(now);
    for (const Entry& entry : entries_) {
      wake = WhyDead(entry, now) ? now : std::min(wake, entry.deadline);
    }
    return std::max(wake, now);
  }

  // Nothing is taken in any more, and what waits is due at once.
  void Close() { closed_ = true; }
  bool closed() const { return closed_; }

  // Items that wait, dead ones included.
  int size() const { return static_cast<int>(entries_.size()); }
  bool empty() const { return entries_.empty(); }

  // How long the item in front has waited; zero when there is none.
  absl::Duration OldestAge(absl::Time now) const {
    return entries_.empty() ? absl::ZeroDuration() : now - entries_.front().pushed;
  }

 private:
  struct Entry {
    T item;
    absl::Time pushed;
    absl::Time deadline;
    const std::atomic<bool>* cancelled;
    bool announced;
  };

  // Who may stand in a batch that begins at `now`.
  struct Room {
    absl::Time now;
    absl::Duration query_time;
    int max_size;
    int taken = 0;
    absl::Time end = absl::InfiniteFuture();  // The first deadline that can be met.

    // Once true it stays true.
    bool IsFull() const { return taken == max_size || now + (taken + 1) * query_time > end; }
    // One that would be late even alone bounds nobody.
    bool Take(absl::Time deadline) {
      if (now + query_time <= deadline) end = std::min(end, deadline);
      if (IsFull()) return false;
      ++taken;
      return true;
    }
  };
  Room RoomAt(absl::Time now) const { return {now, query_time_, options_.max_size}; }

  static std::optional<DropReason> WhyDead(const Entry& entry, absl::Time now) {
    // The deadline first: when it comes, the caller's side cancels the call as well.
    if (entry.deadline <= now) return DropReason::kDeadline;
    if (entry.cancelled != nullptr && entry.cancelled->load(std::memory_order_acquire)) {
      return DropReason::kCancelled;
    }
    return std::nullopt;
  }

  // When a batch of those who live at `now` is due.
  absl::Time DueTime(absl::Time now) const {
    int living = 0;
    Room room = RoomAt(now);
    absl::Time due = absl::InfiniteFuture(), patience_ends = absl::InfiniteFuture();
    for (const Entry& entry : entries_) {
      if (WhyDead(entry, now)) continue;
      if (living == 0) {
        due = entry.pushed + options_.max_delay;
        patience_ends = entry.pushed + batch_time_ / 2;
      }
      patience_ends = entry.announced ? std::min(patience_ends, entry.deadline - 2 * batch_time_)
                                      : absl::InfinitePast();
      ++living;
      if (!room.Take(entry.deadline) || room.IsFull() || closed_) return absl::InfinitePast();
    }
    return announced_ > 0 && living > 0 ? std::max(due, patience_ends) : due;
  }

  // Erases the entries that `take` says it took, in order; the rest stay in order.
  template <typename Take>
  void Remove(Take take) {
    auto kept = entries_.begin();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (take(*entry)) continue;
      if (kept != entry) *kept = std::move(*entry);
      ++kept;
    }
    entries_.erase(kept, entries_.end());
  }

  const BatchQueueOptions options_;
  std::deque<Entry> entries_;
  int announced_ = 0;
  absl::Duration batch_time_;
  absl::Duration query_time_;
  bool closed_ = false;
};

}  // namespace lookbook
