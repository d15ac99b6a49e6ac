// What gRPC says about a finished call, in the project's own words.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lookbook {

// The same code and message. When the server attached a google.rpc.ErrorInfo
// (`grpc-status-details-bin`), its reason can be read with GetReason(); details
// that do not parse are as good as none.
absl::Status ToStatus(const grpc::Status& status);

// The value of `grpc-retry-pushback-ms`. What is no integer means "do not
// retry", as gRPC's retry design has it, and comes back negative.
absl::Duration ParsePushback(absl::string_view value);

// From the trailers of a finished call; empty when the server sent none.
std::optional<absl::Duration> PushbackOf(const grpc::ClientContext& context);

}  // namespace lookbook
