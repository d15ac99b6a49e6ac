// The one Exif tag that decoding needs. Internal to engine/image.
#pragma once

#include "absl/strings/string_view.h"

namespace lookbook {

// The Orientation tag (1 to 8) of the first directory of `tiff`, the TIFF data of an Exif segment.
// 1 when there is no such tag, its value is invalid, or the data are damaged in any way.
//
// Reads at most the first directory's entries, follows no offset but the one to it, and allocates
// nothing, so that loops, absurd counts and maker notes cost nothing. libexif reads all of a
// segment and copies every value: a hostile segment of 64 kB makes it copy hundreds of megabytes.
int ReadExifOrientation(absl::string_view tiff);

}  // namespace lookbook
