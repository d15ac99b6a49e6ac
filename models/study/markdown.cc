#include "models/study/markdown.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace lookbook {
namespace {

std::string Escape(const std::string& cell) {
  if (cell.empty()) return kNothing;
  return absl::StrReplaceAll(cell, {{"|", "\\|"}, {"\r", " "}, {"\n", " "}});
}

void AppendLine(const std::vector<std::string>& cells, std::string* out) {
  for (const std::string& cell : cells) absl::StrAppend(out, "| ", Escape(cell), " ");
  absl::StrAppend(out, "|\n");
}

}  // namespace

MarkdownTable::MarkdownTable(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void MarkdownTable::AddColumn(const std::string& title) { titles_.push_back(title); }

void MarkdownTable::AddLine(const std::vector<std::string>& cells) { lines_.push_back(cells); }

std::string MarkdownTable::Text() const {
  std::string out;
  AppendLine(titles_, &out);
  for (size_t i = 0; i < titles_.size(); ++i) absl::StrAppend(&out, "|---");
  absl::StrAppend(&out, "|\n");
  for (const std::vector<std::string>& line : lines_) AppendLine(line, &out);
  return out;
}

}  // namespace lookbook
