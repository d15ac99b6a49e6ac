#include "server/lifecycle/retirement.h"

#include <malloc.h>

#include <utility>

#include "base/logging.h"
#include "base/thread_pool.h"

namespace lookbook {
namespace {

// Nothing tells when the last query lets go of a bundle.
constexpr absl::Duration kLook = absl::Milliseconds(20);

void Destroy(RetiredBundles::Entry entry, absl::Time now) {
  const double seconds = absl::ToDoubleSeconds(now - entry.since);
  if (entry.given_up) {
    LogWarning("a replaced bundle is still used; its last query destroys it",
               {{"bundle", entry.name}, {"bundle_id", entry.id}, {"seconds", seconds}});
    return;
  }
  entry.bundle.reset();
  // The allocator keeps what large activations may want again; a whole bundle is more than that.
  ::malloc_trim(0);
  LogInfo("bundle retired",
          {{"bundle", entry.name}, {"bundle_id", entry.id}, {"seconds", seconds}});
}

}  // namespace

std::vector<RetiredBundles::Entry> RetiredBundles::TakeDue(absl::Time now) {
  std::vector<Entry> due, kept;
  for (Entry& entry : entries_) {
    const bool unused = entry.bundle.use_count() == 1;
    entry.given_up = !unused && now - entry.since >= patience_;
    (unused || entry.given_up ? due : kept).push_back(std::move(entry));
  }
  entries_ = std::move(kept);
  return due;
}

Retirement::Retirement(ServerMetrics* metrics, const Clock* clock, absl::Duration patience)
    : metrics_(metrics), clock_(clock), bundles_(patience), thread_([this] { Run(); }) {}

Retirement::~Retirement() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Retirement::Add(const std::string& name, const std::string& id,
                     std::shared_ptr<const void> bundle) {
  if (bundle == nullptr) return;
  metrics_->bundle(name).retiring.Add(1);
  MutexLock lock(&mutex_);
  bundles_.Add({name, id, std::move(bundle), clock_->Now()});
  ++held_;
  changed_.NotifyAll();
}

bool Retirement::AwaitFewerThan(size_t most, const std::function<bool()>& stopped) {
  MutexLock lock(&mutex_);
  while (held_ >= most) {
    if (stopped()) return false;
    changed_.WaitFor(&mutex_, kLook);
  }
  return true;
}

void Retirement::Run() {
  SetThreadName("retire");
  while (true) {
    std::vector<RetiredBundles::Entry> due;
    {
      MutexLock lock(&mutex_);
      while (bundles_.size() == 0) {
        if (stopping_) return;
        changed_.Wait(&mutex_);
      }
      due = bundles_.TakeDue(clock_->Now());
      if (due.empty()) changed_.WaitFor(&mutex_, kLook);
    }
    for (RetiredBundles::Entry& entry : due) {
      GaugeHandle& retiring = metrics_->bundle(entry.name).retiring;
      Destroy(std::move(entry), clock_->Now());
      retiring.Add(-1);
      MutexLock lock(&mutex_);
      --held_;
      changed_.NotifyAll();
    }
  }
}

}  // namespace lookbook
