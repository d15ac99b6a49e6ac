// The structure of a PNG file, read chunk by chunk; nothing is inflated. Internal to engine/image.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

inline constexpr absl::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);

struct PngHeader {
  uint32_t width = 0;  // Anything: not yet checked.
  uint32_t height = 0;
  uint8_t bit_depth = 0;
  uint8_t color_type = 0;  // 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.
  bool interlaced = false;
};

// Reads IHDR and checks its CRC and that its fields, apart from the size, are ones that PNG knows.
//
// REQUIRES: `bytes` begins with kPngSignature. InvalidArgument with reason corrupt, or truncated
// when the file ends inside the chunk.
absl::StatusOr<PngHeader> ReadPngHeader(absl::string_view bytes);

struct PngChunks {
  // What the pixels depend on, whole (length, type, data, CRC) and in order: the critical chunks
  // and tRNS. All other chunks (text, profiles, animation, …) are skipped unread, so that no
  // compressed bomb in them is ever inflated.
  std::vector<absl::string_view> pixel_chunks;
  bool has_transparency = false;  // A tRNS chunk.
  absl::string_view exif;  // TIFF data of the first eXIf chunk with a right CRC; empty without one.
};

// Walks all chunks up to IEND. What follows IEND is not looked at.
//
// REQUIRES: ReadPngHeader(bytes) succeeded. InvalidArgument with reason too_many_chunks, truncated
// (the file ends inside a chunk) or corrupt (it ends at the end of a chunk that is not IEND, it has
// no IDAT, or a chunk has a bad name or length).
absl::StatusOr<PngChunks> ReadPngChunks(absl::string_view bytes, int max_chunks);

}  // namespace lookbook
