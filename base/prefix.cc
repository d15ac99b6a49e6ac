#include "base/prefix.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lookbook {

absl::Status WithPrefix(absl::string_view prefix, const absl::Status& status) {
  if (status.ok()) return status;
  absl::Status out(status.code(), absl::StrCat(prefix, ": ", status.message()));
  status.ForEachPayload(
      [&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

absl::Status WithPrefixOnce(absl::string_view prefix, const absl::Status& status) {
  return absl::StrContains(status.message(), prefix) ? status : WithPrefix(prefix, status);
}

}  // namespace lookbook
