#include "client/rpc_status.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "base/reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace lookbook {
namespace {

std::string ReasonFromDetails(const std::string& bytes) {
  google::rpc::Status details;
  if (bytes.empty() || !details.ParseFromString(bytes)) return "";
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

}  // namespace

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  const std::string reason = ReasonFromDetails(status.error_details());
  return reason.empty() ? result : WithReason(result, reason);
}

absl::Duration ParsePushback(absl::string_view value) {
  int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(value, &milliseconds)) return -absl::InfiniteDuration();
  return absl::Milliseconds(milliseconds);
}

std::optional<absl::Duration> PushbackOf(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("grpc-retry-pushback-ms");
  if (found == trailers.end()) return std::nullopt;
  return ParsePushback(absl::string_view(found->second.data(), found->second.size()));
}

}  // namespace lookbook
