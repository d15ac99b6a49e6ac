// A file's bytes without reading them into memory of our own.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// Read-only; the mapping lives as long as the object and shows the file that `path` named when it
// was opened, also after another took its name. Immutable. Thread-safe. A file that is cut while it
// is mapped ends the process (SIGBUS): replace files, never shorten them.
class MappedFile {
 public:
  // NotFound: no such file. Unavailable: it cannot be read or mapped.
  static absl::StatusOr<std::shared_ptr<const MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::string_view bytes() const { return absl::string_view(data_, size_); }

 private:
  MappedFile(const char* data, size_t size) : data_(data), size_(size) {}
  const char* const data_;
  const size_t size_;
};

}  // namespace lookbook
