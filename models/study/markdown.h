// A table in Markdown (GitHub's dialect).
#pragma once

#include <string>
#include <vector>

namespace lookbook {

inline constexpr char kNothing[] = "–";  // In a cell without a value.

class MarkdownTable {
 public:
  explicit MarkdownTable(std::vector<std::string> titles);
  // Before the first line.
  void AddColumn(const std::string& title);
  // REQUIRES: as many cells as there are columns. An empty cell shows kNothing; "|" and line ends
  // in a cell do not break the table.
  void AddLine(const std::vector<std::string>& cells);
  std::string Text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace lookbook
