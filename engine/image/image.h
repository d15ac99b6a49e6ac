// Pixels in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace lookbook {

// 8-bit RGB, row-major, rows packed: pixel (x, y) is rgb[3 * (y * width + x)].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;
};

}  // namespace lookbook
