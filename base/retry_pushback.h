// When a caller that was refused should come back, carried by the Status of the refusal.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lookbook {

// Returns `status` with the time attached, in whole milliseconds, rounded up. OK statuses come back
// unchanged. REQUIRES: `after` is not negative.
absl::Status WithRetryPushback(absl::Status status, absl::Duration after);

// Nothing when `status` carries none.
std::optional<absl::Duration> GetRetryPushback(const absl::Status& status);

}  // namespace lookbook
