#include "server/lifecycle/activation_queue.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"

namespace lookbook {
namespace {

void MoveAll(std::vector<ActivationQueue::Done>& from, std::vector<ActivationQueue::Done>* to) {
  std::move(from.begin(), from.end(), std::back_inserter(*to));
  from.clear();
}

}  // namespace

absl::Status ActivationQueue::Add(Job job, Done done, std::vector<Done>* replaced) {
  if (done && waiters() >= kMaxWaiters) {
    return WithReason(absl::ResourceExhaustedError(
                          absl::StrCat(kMaxWaiters, " requests for activations wait already")),
                      "queue_full");
  }
  Request* request = FindWaiting(job.root);
  if (request == nullptr && JoinsRunning(job)) {
    request = &*running_;
  } else if (request == nullptr) {
    request = &waiting_.emplace_back(Request{std::move(job), {}});
  } else if (!(request->job.choice == job.choice)) {
    MoveAll(request->waiters, replaced);
    request->job = std::move(job);
  }
  if (done) request->waiters.push_back(std::move(done));
  return absl::OkStatus();
}

bool ActivationQueue::Waits(size_t root) const {
  for (const Request& request : waiting_) {
    if (request.job.root == root) return true;
  }
  return false;
}

std::optional<ActivationQueue::Job> ActivationQueue::Take() {
  if (running_ || waiting_.empty()) return std::nullopt;
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  return running_->job;
}

std::vector<ActivationQueue::Done> ActivationQueue::Finish() {
  std::vector<Done> told;
  if (running_) told = std::move(running_->waiters);
  running_.reset();
  return told;
}

std::vector<ActivationQueue::Done> ActivationQueue::TakeWaiters() {
  std::vector<Done> told;
  if (running_) MoveAll(running_->waiters, &told);
  for (Request& request : waiting_) MoveAll(request.waiters, &told);
  waiting_.clear();
  return told;
}

ActivationQueue::Request* ActivationQueue::FindWaiting(size_t root) {
  for (Request& request : waiting_) {
    if (request.job.root == root) return &request;
  }
  return nullptr;
}

// CURRENT may have changed since the one that runs read it: that choice is made anew. A rollback
// that is asked for twice goes back once.
bool ActivationQueue::JoinsRunning(const Job& job) const {
  return running_ && running_->job.root == job.root && running_->job.choice == job.choice &&
         job.choice.kind != BundleChoice::Kind::kCurrent;
}

size_t ActivationQueue::waiters() const {
  size_t count = running_ ? running_->waiters.size() : 0;
  for (const Request& request : waiting_) count += request.waiters.size();
  return count;
}

absl::Status SupersededError() {
  return WithReason(absl::CancelledError("a later request for another bundle took its place"),
                    "superseded");
}

}  // namespace lookbook
