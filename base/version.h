// What this build is; shown by --version, GetInfo and lookbook_build_info.
#pragma once

#include "absl/strings/string_view.h"

namespace lookbook {

absl::string_view Version();    // "0.1.0"
absl::string_view GitCommit();  // Twelve hex digits; "unknown": cmake/GitCommit.cmake.

}  // namespace lookbook
