// Files whose content is nobody else's business: private keys, token files.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lookbook {

// The whole file, at most 1 MiB of it. PermissionDenied: others than its owner and its group may
// read, write or run it, or its group may write it. The rest as ReadRegularFile(). The message names
// the path, never the content.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace lookbook
