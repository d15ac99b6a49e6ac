#include "engine/bundle/utf8.h"

#include <cstddef>
#include <cstdint>

namespace lookbook {
namespace {

// Of the sequence that begins at `text`: its length, or 0 when it is not one (Unicode 15, table
// 3-7).
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) -> int {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : -1;
  };
  const auto in = [&](size_t i, int low, int high) { return byte(i) >= low && byte(i) <= high; };
  const auto tail = [&](size_t i) { return in(i, 0x80, 0xBF); };
  const int lead = byte(0);
  if (lead <= 0x7F) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const int low = lead == 0xE0 ? 0xA0 : 0x80;   // No overlong form.
    const int high = lead == 0xED ? 0x9F : 0xBF;  // No surrogate.
    return in(1, low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const int low = lead == 0xF0 ? 0x90 : 0x80;
    const int high = lead == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace lookbook
