#include "models/report/numbers_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {

std::string WithCommas(int64_t value) {
  const std::string digits = absl::StrCat(value);
  const size_t first = value < 0 ? 1 : 0;
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string PercentText(double share) {
  const double percent = 100 * share;
  if (percent != 0 && std::abs(percent) < 0.01) return "< 0.01 %";
  const int decimals = percent != 0 && std::abs(percent) < 1 ? 2 : 1;
  return absl::StrFormat("%.*f %%", decimals, percent);
}

std::string PercentText(int64_t part, int64_t whole) {
  if (whole == 0) return "–";
  return PercentText(static_cast<double>(part) / static_cast<double>(whole));
}

std::string BytesText(double bytes) {
  if (bytes < 1e3) return absl::StrFormat("%.0f B", bytes);
  if (bytes < 1e6) return absl::StrFormat("%.1f kB", bytes / 1e3);
  if (bytes < 1e9) return absl::StrFormat("%.1f MB", bytes / 1e6);
  return absl::StrFormat("%.1f GB", bytes / 1e9);
}

std::string PixelsText(double pixels) {
  if (pixels < 1e5) return absl::StrCat(WithCommas(std::llround(pixels)), " px");
  return absl::StrFormat("%.1f MP", pixels / 1e6);
}

std::string FigureText(double value, int decimals) {
  return std::isfinite(value) ? absl::StrFormat("%.*f", decimals, value) : "–";
}

}  // namespace lookbook
