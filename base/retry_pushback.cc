#include "base/retry_pushback.h"

#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {
constexpr char kPushbackUrl[] = "lookbook/retry_pushback_ms";
}  // namespace

absl::Status WithRetryPushback(absl::Status status, absl::Duration after) {
  if (status.ok()) return status;
  const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(after, absl::Milliseconds(1)));
  status.SetPayload(kPushbackUrl, absl::Cord(absl::StrCat(milliseconds)));
  return status;
}

std::optional<absl::Duration> GetRetryPushback(const absl::Status& status) {
  const auto payload = status.GetPayload(kPushbackUrl);
  int64_t milliseconds = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) return std::nullopt;
  return absl::Milliseconds(milliseconds);
}

}  // namespace lookbook
