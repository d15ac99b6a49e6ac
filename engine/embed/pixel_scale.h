// How 8-bit pixels become what a model takes.
#pragma once

#include <array>

namespace lookbook {

// (pixel / 255 - mean) / std for each of R, G, B.
struct PixelScale {
  std::array<float, 3> mean = {0, 0, 0};
  std::array<float, 3> std = {1, 1, 1};
};

}  // namespace lookbook
