// What bad_images.cc and bad_pngs.cc share.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/image_files.h"

namespace lookbook {

// A literal that may hold zeros, without the one at its end.
template <size_t N>
std::string Raw(const char (&text)[N]) {
  return std::string(text, N - 1);
}

// PNG files of hostile size, of broken syntax, and of unusual kinds.
void AddBadPngs(const Image& photo, std::vector<BadImage>* rows);

}  // namespace lookbook
