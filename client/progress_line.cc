#include "client/progress_line.h"

#include <unistd.h>

#include <cstdlib>

namespace lookbook {

bool HasProgressTerminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && absl::string_view(term) != "dumb";
}

void ProgressLine::Show(absl::string_view text) {
  if (!enabled_ || text == shown_) return;
  shown_ = std::string(text);
  out_ << "\r\x1b[K" << shown_ << std::flush;
}

}  // namespace lookbook
