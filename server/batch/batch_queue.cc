#include "server/batch/batch_queue.h"

#include "absl/strings/str_cat.h"
#include "base/reason.h"

namespace lookbook {

absl::Status CheckBatchQueueOptions(const BatchQueueOptions& options) {
  if (options.max_size < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch.max_size ", options.max_size, " is below 1"));
  }
  if (options.capacity < options.max_size) {
    return absl::InvalidArgumentError(absl::StrCat("batch.capacity ", options.capacity,
                                                   " is below batch.max_size ", options.max_size));
  }
  if (options.max_delay < absl::ZeroDuration() || options.max_delay == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batch.max_delay ", absl::FormatDuration(options.max_delay), " is negative or infinite"));
  }
  return absl::OkStatus();
}

absl::string_view DropReasonName(DropReason reason) {
  switch (reason) {
    case DropReason::kDeadline:
      return "deadline";
    case DropReason::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

absl::Status QueueFullError(int capacity) {
  return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                        "all ", capacity, " places in the queue are taken; try again later")),
                    "queue_full");
}

absl::Status QueueClosedError() {
  return WithReason(absl::UnavailableError("the server is shutting down; try another replica"),
                    "draining");
}

}  // namespace lookbook
