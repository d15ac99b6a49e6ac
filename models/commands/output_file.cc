#include "models/commands/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"

namespace lookbook {

absl::Status CheckOutputFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  const std::string what = absl::StrCat("cannot write ", path);
  if (IsDirectory(path)) return absl::ErrnoToStatus(EISDIR, what);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  // "/." makes it an error that the parent is a file.
  const std::string folder = absl::StrCat(parent.empty() ? "." : parent, "/.");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return absl::ErrnoToStatus(errno, what);
  return absl::OkStatus();
}

}  // namespace lookbook
