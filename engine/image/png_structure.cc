#include "engine/image/png_structure.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr size_t kOverhead = 12;  // Length, type and CRC.
constexpr uint32_t kMaxLength = 0x7FFFFFFF;

absl::Status Truncated(absl::string_view where) {
  return InvalidArgument("truncated", absl::StrCat("the PNG file ends ", where));
}
absl::Status Corrupt(absl::string_view what) {
  return InvalidArgument("corrupt", absl::StrCat("not a sound PNG file: ", what));
}

uint32_t Word(absl::string_view bytes, size_t i) {
  uint32_t value = 0;
  for (size_t k = i; k < i + 4; ++k) value = value << 8 | static_cast<uint8_t>(bytes[k]);
  return value;
}

struct Chunk {
  absl::string_view type;  // Four letters.
  absl::string_view data;
  absl::string_view whole;

  bool IsCritical() const { return absl::ascii_isupper(type[0]); }
  bool CrcMatches() const {
    const absl::string_view covered = whole.substr(4, whole.size() - 8);
    const uLong crc =
        crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
    return crc == Word(whole, whole.size() - 4);
  }
};

// The chunk that begins at `pos`. REQUIRES: pos < bytes.size().
absl::StatusOr<Chunk> ReadChunk(absl::string_view bytes, size_t pos) {
  const size_t left = bytes.size() - pos;
  if (left < 8) return Truncated("inside a chunk's header");
  const uint32_t length = Word(bytes, pos);
  const absl::string_view type = bytes.substr(pos + 4, 4);
  if (!std::all_of(type.begin(), type.end(),
                   [](unsigned char c) { return absl::ascii_isalpha(c); })) {
    return Corrupt(absl::StrCat("the chunk at byte ", pos, " has no legal name"));
  }
  if (length > kMaxLength) return Corrupt(absl::StrCat("chunk ", type, " of length ", length));
  if (length + kOverhead > left) return Truncated(absl::StrCat("inside chunk ", type));
  return Chunk{type, bytes.substr(pos + 8, length), bytes.substr(pos, length + kOverhead)};
}

bool IsKnownDepth(uint8_t color_type, uint8_t depth) {
  switch (color_type) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<PngHeader> ReadPngHeader(absl::string_view bytes) {
  const size_t pos = kPngSignature.size();
  if (bytes.size() == pos) return Corrupt("nothing follows its signature");
  LB_ASSIGN_OR_RETURN(const Chunk chunk, ReadChunk(bytes, pos));
  if (chunk.type != "IHDR" || chunk.data.size() != 13)
    return Corrupt("it does not begin with IHDR of 13 bytes");
  if (!chunk.CrcMatches()) return Corrupt("IHDR has a wrong CRC");
  PngHeader header;
  header.width = Word(chunk.data, 0);
  header.height = Word(chunk.data, 4);
  header.bit_depth = static_cast<uint8_t>(chunk.data[8]);
  header.color_type = static_cast<uint8_t>(chunk.data[9]);
  header.interlaced = chunk.data[12] == 1;
  if (!IsKnownDepth(header.color_type, header.bit_depth)) {
    return Corrupt(
        absl::StrCat("colour type ", header.color_type, " with ", header.bit_depth, " bits"));
  }
  if (chunk.data[10] != 0 || chunk.data[11] != 0 || (chunk.data[12] != 0 && chunk.data[12] != 1)) {
    return Corrupt("IHDR names an unknown compression, filter or interlace method");
  }
  return header;
}

absl::StatusOr<PngChunks> ReadPngChunks(absl::string_view bytes, int max_chunks) {
  PngChunks chunks;
  bool has_data = false;
  size_t pos = kPngSignature.size();
  for (int count = 1;; ++count) {
    if (pos == bytes.size()) return Corrupt("it has no IEND");
    if (count > max_chunks) {
      return InvalidArgument("too_many_chunks",
                             absl::StrCat("the PNG file has more than ", max_chunks, " chunks"));
    }
    LB_ASSIGN_OR_RETURN(const Chunk chunk, ReadChunk(bytes, pos));
    pos += chunk.whole.size();
    if (chunk.IsCritical() || chunk.type == "tRNS") chunks.pixel_chunks.push_back(chunk.whole);
    if (chunk.type == "tRNS") chunks.has_transparency = true;
    if (chunk.type == "IDAT") has_data = true;
    if (chunk.type == "eXIf" && chunks.exif.empty() && chunk.CrcMatches()) chunks.exif = chunk.data;
    if (chunk.type == "IEND") break;
  }
  if (!has_data) return Corrupt("it has no IDAT");
  return chunks;
}

}  // namespace lookbook
