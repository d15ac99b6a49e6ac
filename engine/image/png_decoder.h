// PNG chunks -> RGB pixels. Internal to engine/image.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/image/image.h"
#include "engine/image/png_structure.h"

namespace lookbook {

// Bytes that DecodePng() takes beside the pixels that it gives, in so far as they grow with the
// picture's size or its number of chunks: of an interlaced one all rows.
int64_t PngDecoderBytes(const PngHeader& header, const PngChunks& chunks);

// Every colour type and depth becomes 8-bit RGB: palettes are looked up, grey is spread, fewer bits
// are stretched to 0..255, 16-bit samples keep their high byte. Alpha and tRNS are composited on
// white, so that colour hidden under full transparency never shows. Gamma and profiles are not
// applied. Of an animation the still image is read.
//
// InvalidArgument with reason corrupt: a wrong CRC, filter, palette index or zlib stream, or too
// few pixels. ResourceExhausted: libspng is out of memory. Throws std::bad_alloc when this process
// is. Thread-safe.
absl::StatusOr<Image> DecodePng(const PngHeader& header, const PngChunks& chunks);

}  // namespace lookbook
