// The one translation from absl::Status to what a gRPC caller sees. docs/api.md has the table.
#pragma once

#include <grpcpp/server_context.h>
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

// ToGrpcStatus's code alone, which costs no message.
grpc::StatusCode GrpcCodeOf(const absl::Status& status);

// True for what ToGrpcStatus hides: the caller of it logs the status.
bool IsOurFault(const absl::Status& status);

// When a caller that was refused with `status`, RESOURCE_EXHAUSTED, should come back: what the
// status carries (base/retry_pushback.h), at least 20 ms and at most 10 s, or 100 ms when it
// carries nothing. Spread over as much again, so that those who were refused together do not come
// back together. Thread-safe.
int RetryPushbackMilliseconds(const absl::Status& status);

// Adds that to the trailers of a call that ends with `status`; nothing unless that is
// RESOURCE_EXHAUSTED. REQUIRES: before Finish().
void SayWhenToComeBack(const absl::Status& status, grpc::CallbackServerContext* context);

}  // namespace lookbook
