// An input under a path, for readers that open a file themselves.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// Lies in memory. Each Set() replaces what was there. Not thread-safe.
class InputFile {
 public:
  InputFile();
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  void Set(absl::string_view bytes);
  const std::string& path() const { return path_; }

 private:
  int file_;
  std::string path_;
};

}  // namespace lookbook
