#include "server/pipeline/queue_places.h"

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "server/batch/batch_queue.h"

namespace lookbook {
namespace {

absl::Status ShareTakenError(int held, int places) {
  return WithReason(
      absl::ResourceExhaustedError(absl::StrCat("this connection has ", held, " of ", places,
                                                " places in the queue, and others need room; try "
                                                "again later")),
      "queue_full");
}

}  // namespace

absl::Status QueuePlaces::Take(absl::string_view peer) {
  {
    MutexLock lock(&mutex_);
    if (taken_ >= places_) return QueueFullError(places_);
    if (!peer.empty()) {
      const auto found = held_.find(peer);
      const int held = found == held_.end() ? 0 : found->second;
      if (held >= kPlacesPerFree * (places_ - taken_)) return ShareTakenError(held, places_);
      ++(found == held_.end() ? held_[std::string(peer)] : found->second);
    }
    ++taken_;
  }
  gauge_.Add(1);
  return absl::OkStatus();
}

void QueuePlaces::Give(absl::string_view peer) {
  gauge_.Add(-1);
  MutexLock lock(&mutex_);
  --taken_;
  const auto found = held_.find(peer);
  if (found != held_.end() && --found->second == 0) held_.erase(found);
}

int QueuePlaces::peers() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(held_.size());
}

}  // namespace lookbook
