#include "base/toml_depth.h"

#include "absl/strings/str_cat.h"

namespace lookbook {

absl::Status CheckTomlDepth(absl::string_view text, absl::string_view file) {
  int dots = 0, line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '.' && ++dots > kMaxTomlDots) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", line, ": more than ", kMaxTomlDots,
                       " dots in one file, so that its keys may nest too deep"));
    }
  }
  return absl::OkStatus();
}

}  // namespace lookbook
