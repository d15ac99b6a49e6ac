// Another program as a Status-returning call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

struct ChildResult {
  int exit_code = 0;           // 128 + the signal's number when one ended it.
  double seconds = 0;          // From start to end.
  int64_t peak_rss_bytes = 0;  // Of the child alone, as last seen: it is looked at every 50 ms.
};

// Runs `arguments` (the first is the program's path) to its end, with standard output and error
// appended to the file `log`. Once StopRequested() the child gets SIGTERM, then has as long as it
// wants to end: look at StopRequested() afterwards. Blocks the calling thread.
//
// NotFound, PermissionDenied, …: the program cannot be started or `log` not opened.
absl::StatusOr<ChildResult> RunChild(const std::vector<std::string>& arguments,
                                     const std::string& log);

}  // namespace lookbook
