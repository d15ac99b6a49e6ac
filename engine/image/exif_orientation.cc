#include "engine/image/exif_orientation.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"

namespace lookbook {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kShortType = 3;
constexpr size_t kEntrySize = 12;  // Tag, type, count, value.

// An unsigned number of `size` bytes. REQUIRES: it lies inside `tiff`.
uint32_t Number(absl::string_view tiff, size_t pos, size_t size, bool big_endian) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    const size_t at = big_endian ? pos + i : pos + size - 1 - i;
    value = value << 8 | static_cast<uint8_t>(tiff[at]);
  }
  return value;
}

}  // namespace

int ReadExifOrientation(absl::string_view tiff) {
  const bool big_endian = absl::StartsWith(tiff, "MM");
  if (tiff.size() < 8 || (!big_endian && !absl::StartsWith(tiff, "II"))) return 1;
  if (Number(tiff, 2, 2, big_endian) != 42) return 1;
  const size_t directory = Number(tiff, 4, 4, big_endian);
  if (directory > tiff.size() - 2) return 1;
  const size_t entries = Number(tiff, directory, 2, big_endian);
  for (size_t i = 0, pos = directory + 2; i < entries && tiff.size() - pos >= kEntrySize;
       ++i, pos += kEntrySize) {
    if (Number(tiff, pos, 2, big_endian) != kOrientationTag) continue;
    const bool one_short = Number(tiff, pos + 2, 2, big_endian) == kShortType &&
                           Number(tiff, pos + 4, 4, big_endian) == 1;
    const uint32_t value = Number(tiff, pos + 8, 2, big_endian);
    return one_short && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace lookbook
