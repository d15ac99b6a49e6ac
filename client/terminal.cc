#include "client/terminal.h"

#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

constexpr absl::string_view kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

// Code points: right for all but wide (East Asian) and combining characters.
size_t DisplayWidth(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

absl::string_view AnsiCode(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kBold:
      return "\x1b[1m";
    case Ink::kDim:
      return "\x1b[2m";
    case Ink::kAccent:
      return "\x1b[36m";
    case Ink::kGood:
      return "\x1b[32m";
    case Ink::kBad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

TextStyle ChooseTextStyle(bool is_terminal, const char* no_color, const char* term,
                          absl::string_view codeset) {
  const bool forbidden = no_color != nullptr && *no_color != '\0';
  const bool dumb = term == nullptr || absl::string_view(term) == "dumb";
  return {.utf8 = absl::EqualsIgnoreCase(codeset, "UTF-8"),
          .color = is_terminal && !forbidden && !dumb};
}

TextStyle DetectTextStyle() {
  std::setlocale(LC_CTYPE, "");
  return ChooseTextStyle(::isatty(STDOUT_FILENO) != 0, std::getenv("NO_COLOR"), std::getenv("TERM"),
                         ::nl_langinfo(CODESET));
}

std::string Paint(absl::string_view text, Ink ink, const TextStyle& style) {
  if (!style.color || ink == Ink::kPlain) return std::string(text);
  return absl::StrCat(AnsiCode(ink), text, "\x1b[0m");
}

std::string Bar(double fraction, int cells, const TextStyle& style) {
  const double clamped = fraction > 0 ? std::min(fraction, 1.0) : 0.0;  // NaN compares false.
  std::string bar;
  if (!style.utf8) {
    const int full = static_cast<int>(std::lround(clamped * cells));
    return std::string(static_cast<size_t>(full), '#') +
           std::string(static_cast<size_t>(cells - full), '-');
  }
  const int eighths = static_cast<int>(std::lround(clamped * cells * 8));
  for (int cell = 0; cell < cells; ++cell) {
    const int filled = std::clamp(eighths - 8 * cell, 0, 8);
    absl::StrAppend(&bar, filled == 8 ? absl::string_view("█") : kEighths[filled]);
  }
  return bar;
}

std::string Printable(absl::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool c1_control = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F.
    if (c1_control) ++i;
    clean += c1_control || absl::ascii_iscntrl(byte) ? '?' : text[i];
  }
  return clean;
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  return widths;
}

std::string Table::Render(const TextStyle& style, absl::string_view indent) const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(row[i].text), ' ');
      const std::string painted = Paint(row[i].text, row[i].ink, style);
      const bool last = i + 1 == row.size();
      absl::StrAppend(&line, i == 0 ? indent : "  ", row[i].right ? padding : "", painted,
                      row[i].right || last ? "" : padding);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace lookbook
