// Text that fits the terminal it goes to: colours, bars, columns.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lookbook {

struct TextStyle {
  bool utf8 = false;   // Else plain ASCII.
  bool color = false;  // ANSI colours.
};

// `no_color` and `term` are the environment's NO_COLOR and TERM, null when unset;
// `codeset` is nl_langinfo(CODESET).
TextStyle ChooseTextStyle(bool is_terminal, const char* no_color, const char* term,
                          absl::string_view codeset);

// Of standard output. Takes on the environment's character set for the process.
TextStyle DetectTextStyle();

enum class Ink { kPlain, kBold, kDim, kAccent, kGood, kBad };

// `text` in that ink, or unchanged where there are no colours.
std::string Paint(absl::string_view text, Ink ink, const TextStyle& style);

// `fraction` of `cells`, clamped to [0, 1] (NaN is 0), always `cells` wide: in eighths of a
// block, or "###---" in ASCII.
std::string Bar(double fraction, int cells, const TextStyle& style);

// Control characters, such as an escape sequence in an item's name, become "?".
std::string Printable(absl::string_view text);

// Columns as wide as their widest cell, two spaces between them.
class Table {
 public:
  struct Cell {
    std::string text;
    Ink ink = Ink::kPlain;
    bool right = false;  // Align right.
  };

  void AddRow(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  std::string Render(const TextStyle& style, absl::string_view indent = "") const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<std::vector<Cell>> rows_;
};

}  // namespace lookbook
