// One line at the bottom of a terminal that says what is going on.
#pragma once

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// Whether standard error is a terminal that can go back to the beginning of a line.
bool HasProgressTerminal();

// Writes nothing at all unless `enabled`. Not thread-safe.
class ProgressLine {
 public:
  // `out` must outlive the line.
  ProgressLine(std::ostream* out, bool enabled) : out_(*out), enabled_(enabled) {}
  ~ProgressLine() { Clear(); }

  // Replaces what stands there.
  void Show(absl::string_view text);
  // Leaves an empty line for others to write on.
  void Clear() { Show(""); }

 private:
  std::ostream& out_;
  const bool enabled_;
  std::string shown_;
};

}  // namespace lookbook
