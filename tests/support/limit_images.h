// Pictures at each limit on images, and one beyond it.
#pragma once

#include <vector>

#include "tests/support/image_files.h"

namespace lookbook {

// Each limit twice: a file at it, which must decode, and one just beyond it. Their row is 0.
std::vector<BadImage> LimitImages();

}  // namespace lookbook
