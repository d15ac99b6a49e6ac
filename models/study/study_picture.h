// Small pictures for reports.
#pragma once

#include <string>

namespace lookbook {

// The picture in `path` as a JPEG of at most 128 pixels a side, as items.sqlite has them; empty
// when it cannot be read.
std::string ThumbnailOf(const std::string& path);

}  // namespace lookbook
