// How the command-line client tells a person, and a script, what went wrong.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace lookbook {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,       // A query, or the one call of a command, failed.
  kExitUsage = 2,        // The command line is wrong.
  kExitUnreachable = 3,  // No connection to the server.
};

// kExitUnreachable for a status that SearchClient marked so, else kExitFailed.
// REQUIRES: `status` is not OK.
ExitCode ExitCodeOf(const absl::Status& status);

// One line without '\n': "photo.jpg: the JPEG is cut off (truncated)", or "cannot reach
// HOST:PORT: Connection refused; is lookbook-server running?". `subject` may be empty.
std::string DescribeFailure(const absl::Status& status, const std::string& subject,
                            const std::string& server);

}  // namespace lookbook
