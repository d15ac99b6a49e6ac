// Files that a user names for what a command finds out.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace lookbook {

// Whether a file can be made or replaced at `path`, before the work whose result it will hold:
// there is a folder for it, of which this process may change the entries, and `path` itself is
// none. An empty path is a file that nobody asked for: OK. Errors name path and reason.
absl::Status CheckOutputFile(const std::string& path);

}  // namespace lookbook
