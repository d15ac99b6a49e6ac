#include "engine/bundle/file_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"

namespace lookbook {
namespace {

constexpr int kMaxDepth = 4;

// Adds what lies in `directory`/`prefix` to `files`.
absl::Status ListInto(const std::string& directory, const std::string& prefix, int depth,
                      std::vector<BundleFile>* files) {
  if (depth > kMaxDepth)
    return BundleError("manifest", JoinPath(directory, prefix), ": folders are nested too deep");
  absl::StatusOr<std::vector<std::string>> entries = ListDirectory(JoinPath(directory, prefix));
  if (!entries.ok()) return IoError(entries.status());
  if (entries->empty() && depth > 0)
    return BundleError("manifest", JoinPath(directory, prefix), " is an empty folder");
  for (const std::string& entry : *entries) {
    const std::string name = prefix.empty() ? entry : absl::StrCat(prefix, "/", entry);
    const std::string path = JoinPath(directory, name);
    if (!IsSafeFileName(name))
      return BundleError("manifest", "the file name \"", absl::CHexEscape(path), "\" is refused");
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0)
      return IoError(absl::ErrnoToStatus(errno, absl::StrCat("stat ", path)));
    if (S_ISDIR(info.st_mode)) {
      LB_RETURN_IF_ERROR(ListInto(directory, name, depth + 1, files));
    } else if (S_ISREG(info.st_mode)) {
      files->push_back({name, static_cast<uint64_t>(info.st_size)});
    } else {
      return BundleError("manifest", path,
                         S_ISLNK(info.st_mode) ? " is a link" : " is not a regular file");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsSafeFileName(absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || part[0] == '.') return false;
    for (char c : part) {
      if (!absl::ascii_isalnum(c) && c != '.' && c != '_' && c != '-') return false;
    }
  }
  return true;
}

absl::StatusOr<std::vector<BundleFile>> ListBundleFiles(const std::string& directory) {
  std::vector<BundleFile> files;
  LB_RETURN_IF_ERROR(ListInto(directory, "", 0, &files));
  std::sort(files.begin(), files.end(),
            [](const BundleFile& a, const BundleFile& b) { return a.name < b.name; });
  return files;
}

}  // namespace lookbook
