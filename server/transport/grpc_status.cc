#include "server/transport/grpc_status.h"

#include <algorithm>

#include "absl/random/random.h"
#include "absl/time/time.h"
#include "base/reason.h"
#include "base/retry_pushback.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace lookbook {
namespace {

constexpr absl::Duration kUnknownPushback = absl::Milliseconds(100);
constexpr absl::Duration kLeastPushback = absl::Milliseconds(20);
constexpr absl::Duration kMostPushback = absl::Seconds(10);

// What a caller sees of a code, and the reason that stands for it when a status carries none.
struct Outcome {
  grpc::StatusCode code = grpc::StatusCode::INTERNAL;
  const char* reason = "internal";
};

Outcome OutcomeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return {grpc::StatusCode::OK, ""};
    case absl::StatusCode::kCancelled:
      return {grpc::StatusCode::CANCELLED, "cancelled"};
    case absl::StatusCode::kInvalidArgument:
      return {grpc::StatusCode::INVALID_ARGUMENT, "bad_request"};
    case absl::StatusCode::kDeadlineExceeded:
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "deadline"};
    case absl::StatusCode::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, "not_found"};
    case absl::StatusCode::kPermissionDenied:
      return {grpc::StatusCode::PERMISSION_DENIED, "permission"};
    case absl::StatusCode::kUnauthenticated:
      return {grpc::StatusCode::UNAUTHENTICATED, "no_token"};
    case absl::StatusCode::kResourceExhausted:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "memory"};
    case absl::StatusCode::kUnimplemented:
      return {grpc::StatusCode::UNIMPLEMENTED, "unimplemented"};
    case absl::StatusCode::kUnavailable:
      return {grpc::StatusCode::UNAVAILABLE, "unavailable"};
    case absl::StatusCode::kDataLoss:
      return {grpc::StatusCode::DATA_LOSS, "data_loss"};
    // No caller can act on these: they say that one of our parts misused another.
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      break;
  }
  return {};
}

std::string ErrorDetails(grpc::StatusCode code, const std::string& message,
                         const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kErrorDomain);
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return details.SerializeAsString();
}

}  // namespace

std::string ReasonOf(const absl::Status& status) {
  if (IsOurFault(status)) return "internal";
  const std::string reason = GetReason(status);
  return reason.empty() ? OutcomeOf(status.code()).reason : reason;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const grpc::StatusCode code = GrpcCodeOf(status);
  const std::string message = IsOurFault(status)
                                  ? "internal error; the server's log has the details"
                                  : std::string(status.message());
  return grpc::Status(code, message, ErrorDetails(code, message, ReasonOf(status)));
}

grpc::StatusCode GrpcCodeOf(const absl::Status& status) { return OutcomeOf(status.code()).code; }

bool IsOurFault(const absl::Status& status) {
  return GrpcCodeOf(status) == grpc::StatusCode::INTERNAL;
}

int RetryPushbackMilliseconds(const absl::Status& status) {
  thread_local absl::InsecureBitGen random;
  const absl::Duration least = std::clamp(GetRetryPushback(status).value_or(kUnknownPushback),
                                          kLeastPushback, kMostPushback);
  const auto milliseconds = static_cast<int>(absl::ToInt64Milliseconds(least));
  return absl::Uniform(random, milliseconds, 2 * milliseconds);
}

void SayWhenToComeBack(const absl::Status& status, grpc::CallbackServerContext* context) {
  if (!absl::IsResourceExhausted(status)) return;
  context->AddTrailingMetadata("grpc-retry-pushback-ms",
                               absl::StrCat(RetryPushbackMilliseconds(status)));
}

}  // namespace lookbook
