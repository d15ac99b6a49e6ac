// Which files lie in a bundle folder, and which names they may have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// One or more parts between '/', each of letters, digits, '.', '_' and '-' and not beginning with
// '.'. So no name is absolute, hidden, or leaves the folder.
bool IsSafeFileName(absl::string_view name);

struct BundleFile {
  std::string name;  // Relative, parts joined by '/'.
  uint64_t bytes = 0;
};

// Every regular file under `directory`, sorted by name. Folders are entered; they are not listed.
// DataLoss "manifest": a link, a socket or another special file, a name that is not safe, a folder
// without files. Errors of the file system keep their code and have the reason "io".
absl::StatusOr<std::vector<BundleFile>> ListBundleFiles(const std::string& directory);

}  // namespace lookbook
