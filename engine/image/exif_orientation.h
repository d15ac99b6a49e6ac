// The one Exif tag that decoding needs. Internal to engine/image.
#pragma once

#include "absl/strings/string_view.h"

namespace lookbook {

// The Orientation tag (1 to 8) of the first directory of `tiff`, the TIFF data of an Exif segment
// or chunk. 1 when there is no such tag, its value is invalid, or the data are damaged so that it
// cannot be found.
//
// Reads the first directory's entries and follows no offset but the one to it, so that loops,
// absurd counts and maker notes cost nothing. This is why libexif does not do it: it reads all
// directories there are, and 60 kB of entries that point at each other keep its 0.6.24 busy for
// three seconds. The tests hold this reader to libexif on sound data. Thread-safe.
int ReadExifOrientation(absl::string_view tiff);

}  // namespace lookbook
