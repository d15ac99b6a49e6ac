// Reads files that somebody else may have put there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace lookbook {

// ReadFile() (files.h), but what is no regular file, such as a pipe that nobody writes to, is
// FailedPrecondition at once and never waited for. Links are followed. ResourceExhausted says
// "larger than `max_bytes`" and nothing else: a system without descriptors or memory is
// Unavailable.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, uint64_t max_bytes);

// The same, unless the file that was opened lets others do what `forbidden` has bits for
// (<sys/stat.h>): PermissionDenied names its mode.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, uint64_t max_bytes,
                                            mode_t forbidden);

}  // namespace lookbook
