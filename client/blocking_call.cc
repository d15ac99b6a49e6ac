#include "client/blocking_call.h"

#include <utility>

#include "base/reason.h"
#include "client/search_client.h"

namespace lookbook {

absl::Status MarkUnreachable(absl::Status status, grpc::Channel& channel) {
  const bool suspect = status.code() == absl::StatusCode::kUnavailable ||
                       status.code() == absl::StatusCode::kDeadlineExceeded;
  if (!suspect || !GetReason(status).empty()) return status;
  if (channel.GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY) return status;
  return WithReason(std::move(status), kUnreachable);
}

}  // namespace lookbook
