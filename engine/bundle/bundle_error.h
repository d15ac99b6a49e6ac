// How a bundle is refused: a status with one of the reasons signature, manifest, checksum, format,
// golden, memory, io.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/reason.h"

namespace lookbook {

// DATA_LOSS: the content is not what it must be.
template <typename... Parts>
absl::Status BundleError(absl::string_view reason, const Parts&... message) {
  return WithReason(absl::DataLossError(absl::StrCat(message...)), reason);
}

// A failed system call keeps its code and message and gets the reason "io".
inline absl::Status IoError(absl::Status status) { return WithReason(std::move(status), "io"); }

// What a reader says of content whose hash matched. Out of memory is no fault of the bundle and
// says "memory", nor is a failed read, which keeps its code and "io"; everything else is DATA_LOSS
// with `reason`. The message begins with `what`, usually a file's name.
inline absl::Status ReaderError(absl::string_view reason, absl::string_view what,
                                const absl::Status& status) {
  if (status.ok()) return status;
  const std::string message = absl::StrCat(what, ": ", status.message());
  if (absl::IsResourceExhausted(status)) {
    return WithReason(absl::ResourceExhaustedError(message), "memory");
  }
  if (GetReason(status) == "io") return IoError(absl::Status(status.code(), message));
  return BundleError(reason, message);
}

}  // namespace lookbook
