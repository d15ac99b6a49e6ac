// Failed calls on a std::FILE, for readers that tell a system that cannot read a file from a file
// that is damaged.
#pragma once

#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// "`what`: the system's reason" for the errno `error`, with reason io. NotFound: no such file.
// Unavailable: anything else, a lack of descriptors or memory among them.
absl::Status SystemRefusal(int error, absl::string_view what);

// Why fread() gave less than it was asked for, to be called right after it. SystemRefusal(): a read
// of `path` failed. InvalidArgument with "`path`: `ended`": the file ends before.
absl::Status ShortRead(std::FILE* file, absl::string_view path, absl::string_view ended);

}  // namespace lookbook
