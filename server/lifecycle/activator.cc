#include "server/lifecycle/activator.h"

#include <unistd.h>

#include <cassert>
#include <utility>

#include "base/exception_fence.h"
#include "base/logging.h"
#include "base/reason.h"
#include "base/thread_pool.h"

namespace lookbook {
namespace {

constexpr int kNiceness = 10;

absl::Status StoppingError() {
  return WithReason(absl::UnavailableError("the server is shutting down; try another replica"),
                    "draining");
}

void Tell(const std::vector<ActivationQueue::Done>& waiters,
          const absl::StatusOr<Activated>& result) {
  for (const ActivationQueue::Done& done : waiters) done(result);
}

std::string WhatCurrentSays(const std::string& root) {
  const absl::StatusOr<CurrentFile> current = ReadCurrent(root);
  return current.ok() ? current->bundle_id : std::string(current.status().message());
}

// Of this thread alone, once and for good: opening a bundle gives way to the calls that are served
// meanwhile. Errands, such as the first load, come before and do not.
void LowerPriority() {
  thread_local const bool lowered = ::nice(kNiceness) != -1;
  if (!lowered) LogDebug("the lifecycle thread keeps its priority");
}

}  // namespace

Activator::Activator(const ActivatorOptions& options, ActivationParts parts,
                     std::vector<ServedRoot> roots)
    : options_(options),
      parts_(std::move(parts)),
      roots_(std::move(roots)),
      watches_(roots_.size()),
      next_look_(parts_.clock->Now() + options.poll_interval),
      thread_([this] { Run(); }) {}

Activator::~Activator() { Stop(); }

void Activator::Request(size_t root, const BundleChoice& choice, ActivationQueue::Done done) {
  assert(root < roots_.size());
  std::vector<ActivationQueue::Done> replaced;
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    ActivationQueue::Job job;
    job.root = root;
    job.choice = choice;
    status = stopping_ ? StoppingError() : queue_.Add(std::move(job), done, &replaced);
    changed_.NotifyAll();
  }
  Tell(replaced, SupersededError());
  if (!status.ok()) done(status);
}

absl::Status Activator::RunBetween(const BundleLoader* loader, std::function<absl::Status()> work) {
  absl::Status result = absl::CancelledError("the server is shutting down");
  Errand errand{loader, std::move(work), &result};
  MutexLock lock(&mutex_);
  while (errand_ != nullptr && !ended_) changed_.Wait(&mutex_);  // One at a time.
  if (ended_) return result;
  errand_ = &errand;
  changed_.NotifyAll();
  while (!errand.done && !ended_) changed_.Wait(&mutex_);
  return result;
}

void Activator::BeginStop() {
  std::vector<ActivationQueue::Done> waiters;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    waiters = queue_.TakeWaiters();
    changed_.NotifyAll();
  }
  Tell(waiters, StoppingError());
}

void Activator::Stop() {
  BeginStop();
  MutexLock lock(&join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Activator::Run() {
  SetThreadName("lifecycle");
  while (AwaitWork()) {
    RunErrand();
    if (const auto job = TakeJob()) RunJob(*job);
    if (options_.watch && parts_.clock->Now() >= next_look_) LookAtCurrent();
  }
  MutexLock lock(&mutex_);
  ended_ = true;
  errand_ = nullptr;
  changed_.NotifyAll();
}

bool Activator::AwaitWork() {
  MutexLock lock(&mutex_);
  while (!stopping_ && errand_ == nullptr && !queue_.HasWork()) {
    const absl::Duration left =
        options_.watch ? next_look_ - parts_.clock->Now() : absl::InfiniteDuration();
    if (left <= absl::ZeroDuration()) return true;
    changed_.WaitFor(&mutex_, left);
  }
  return !stopping_;
}

std::optional<ActivationQueue::Job> Activator::TakeJob() {
  MutexLock lock(&mutex_);
  return queue_.Take();
}

void Activator::RunErrand() {
  Errand* errand = nullptr;
  {
    MutexLock lock(&mutex_);
    errand = errand_;
  }
  if (errand == nullptr) return;
  parts_.loader = errand->loader;
  const absl::Status result = CatchToStatus("loading bundles", errand->work);
  MutexLock lock(&mutex_);
  *errand->result = result;
  errand->done = true;
  errand_ = nullptr;
  changed_.NotifyAll();
}

void Activator::RunJob(const ActivationQueue::Job& job) {
  LowerPriority();
  const absl::StatusOr<Activated> result = CatchToStatus("activating a bundle", [&] {
    return Activate(parts_, roots_[job.root], job.choice, [this] { return stopping_.load(); });
  });
  if (!job.seen.empty() && !result.ok()) {
    watches_[job.root].Failed(job.seen, parts_.clock->Now());
  }
  std::vector<ActivationQueue::Done> waiters;
  {
    MutexLock lock(&mutex_);
    waiters = queue_.Finish();
  }
  Tell(waiters, result);
}

void Activator::LookAtCurrent() {
  next_look_ = parts_.clock->Now() + options_.poll_interval;
  for (size_t i = 0; i < roots_.size(); ++i) {
    const std::string said = WhatCurrentSays(roots_[i].path);
    const std::shared_ptr<const Bundle> live = roots_[i].pipeline->bundle();
    if (!watches_[i].ShouldTry(said, live == nullptr ? "" : live->id, parts_.clock->Now()))
      continue;
    MutexLock lock(&mutex_);
    // What somebody asked for comes first; there is another look after it.
    if (stopping_ || queue_.Waits(i)) continue;
    ActivationQueue::Job job;
    job.root = i;
    job.seen = said;  // The choice is CURRENT by default.
    std::vector<ActivationQueue::Done> replaced;
    queue_.Add(std::move(job), nullptr, &replaced).IgnoreError();  // Refuses only who waits.
  }
}

}  // namespace lookbook
