// Files as Status-returning calls, with the durability that publishing a bundle needs.
// Every error names the path and the system's reason (ENOSPC, EIO, …).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// The whole file. NotFound: no such file. ResourceExhausted: larger than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes = uint64_t{1} << 33);

// Creates or truncates `path`, writes `bytes` and fsyncs it.
absl::Status WriteFile(const std::string& path, absl::string_view bytes);

// Replaces `path` by `bytes` so that a reader, or a crash at any point, sees
// the old file or the new one whole: temporary file, fsync, rename, fsync of the folder. Any number
// of threads and processes may replace the same file at once: each writes a temporary of its own
// (`path`.tmp.PID.N), and the last rename wins.
absl::Status WriteFileAtomic(const std::string& path, absl::string_view bytes);

// fsync of a file that something else wrote, or of a folder.
absl::Status SyncPath(const std::string& path);

// rename(2), then fsync of the folder that holds `to`.
absl::Status RenameDurably(const std::string& from, const std::string& to);

absl::StatusOr<uint64_t> FileSize(const std::string& path);
bool PathExists(const std::string& path);
bool IsDirectory(const std::string& path);
absl::Status MakeDirectories(const std::string& path);  // OK when it is there already.
absl::Status RemoveAll(const std::string& path);        // OK when it is not there.

// Names (not paths) in a folder, sorted; without "." and "..".
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);

// "a" + "b" -> "a/b"; an absolute `name` wins.
std::string JoinPath(absl::string_view directory, absl::string_view name);

}  // namespace lookbook
