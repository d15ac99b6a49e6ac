#include "base/stdio_errors.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/reason.h"

namespace lookbook {

absl::Status SystemRefusal(int error, absl::string_view what) {
  const absl::Status status = absl::ErrnoToStatus(error, what);
  if (absl::IsNotFound(status)) return WithReason(status, "io");
  return WithReason(absl::UnavailableError(status.message()), "io");
}

absl::Status ShortRead(std::FILE* file, absl::string_view path, absl::string_view ended) {
  const int error = errno;
  if (std::ferror(file) != 0) return SystemRefusal(error, absl::StrCat("cannot read ", path));
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", ended));
}

}  // namespace lookbook
