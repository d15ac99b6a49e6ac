// The one translation from absl::Status to what a gRPC caller sees. docs/api.md has the table.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace lookbook {

inline constexpr char kErrorDomain[] = "lookbook";

// The status's own reason, or the one that stands for its code: "internal", "deadline",
// "cancelled", …
std::string ReasonOf(const absl::Status& status);

// Code, message and a google.rpc.ErrorInfo {reason, domain "lookbook"} in the details. Codes that
// only a fault of ours can cause become INTERNAL, whose message says nothing of the cause: that
// goes to the log.
grpc::Status ToGrpcStatus(const absl::Status& status);

// True for what ToGrpcStatus hides: the caller of it logs the status.
bool IsOurFault(const absl::Status& status);

// When a caller that was refused with RESOURCE_EXHAUSTED should come back: 100 to 299 ms, spread,
// so that those who were refused together do not come back together. Thread-safe.
int RetryPushbackMilliseconds();

}  // namespace lookbook
