// A machine-readable reason carried by a Status, such as "truncated" or
// "bad_k". The server puts it into google.rpc.ErrorInfo and into metric labels;
// docs/api.md lists every reason. Reasons are lower_snake_case from a closed set.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// Returns `status` with `reason` attached. OK statuses come back unchanged.
absl::Status WithReason(absl::Status status, absl::string_view reason);

// INVALID_ARGUMENT with a reason: the commonest case.
absl::Status InvalidArgument(absl::string_view reason, absl::string_view message);

// Empty when `status` carries none.
std::string GetReason(const absl::Status& status);

}  // namespace lookbook
