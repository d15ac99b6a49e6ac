// A bound on how deep a TOML document can nest, told without parsing it.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// InvalidArgument "FILE:LINE: …": more than kMaxTomlDots dots, wherever they stand.
//
// toml++ makes a table of each part of a dotted key (a.b.c = 1) without any bound, and destroys
// tables within tables by recursion: some hundred kilobytes of "a.a.a.…" take more stack than a
// thread has. It bounds other nesting itself. Dots in texts and numbers count too, because telling
// them apart would take a parser; the longest files of this kind have some two hundred.
inline constexpr int kMaxTomlDots = 2000;
absl::Status CheckTomlDepth(absl::string_view text, absl::string_view file);

}  // namespace lookbook
