#include <zlib.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/fuzz/picture_mutators.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

constexpr size_t kSignature = 8;
constexpr size_t kMaxPixelBytes = 1 << 18;
constexpr const char* kTypes[] = {"IHDR", "PLTE", "tRNS", "IDAT", "eXIf",
                                  "tEXt", "acTL", "abcd", "IEND"};

struct Chunk {
  std::string type;
  std::string data;
};
using Chunks = std::vector<Chunk>;

uint32_t Word(absl::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// Lengths beyond the end end there; checksums are not looked at.
Chunks Split(absl::string_view png) {
  Chunks chunks;
  png.remove_prefix(std::min(png.size(), kSignature));
  while (png.size() >= 8) {
    Chunk chunk{std::string(png.substr(4, 4)), std::string(png.substr(8, Word(png)))};
    png.remove_prefix(std::min(png.size(), 12 + chunk.data.size()));
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::string Join(const Chunks& chunks) {
  std::string png = PngSignature();
  for (const Chunk& chunk : chunks) png += PngChunk(chunk.type, chunk.data);
  return png;
}

// As much as there is of a zlib stream; empty where it is none.
std::string Inflate(const std::string& packed) {
  std::string data(kMaxPixelBytes, '\0');
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) return "";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(data.data());
  stream.avail_out = static_cast<uInt>(data.size());
  inflate(&stream, Z_SYNC_FLUSH);
  data.resize(stream.total_out);
  inflateEnd(&stream);
  return data;
}

bool IsData(const Chunk& chunk) { return chunk.type == "IDAT"; }

// The rows in front of their compression; afterwards they are one IDAT.
void ChangeRows(const ChangeBytes& change, Chunks* chunks) {
  std::string packed;
  for (const Chunk& chunk : *chunks) packed += IsData(chunk) ? chunk.data : "";
  std::string rows = Inflate(packed);
  change(&rows);
  const auto first = std::find_if(chunks->begin(), chunks->end(), &IsData);
  if (first == chunks->end()) return;
  first->data = Deflate(rows);
  chunks->erase(std::remove_if(std::next(first), chunks->end(), &IsData), chunks->end());
}

void ChangeOne(const ChangeBytes& change, Random* random, Chunks* chunks) {
  Chunk& chunk = (*chunks)[(*random)() % chunks->size()];
  Chunk& other = (*chunks)[(*random)() % chunks->size()];
  switch ((*random)() % 8) {
    case 0:
      return std::swap(chunk, other);
    case 1:
      chunk.type = kTypes[(*random)() % std::size(kTypes)];
      return;
    case 2:
      chunks->insert(chunks->begin() + (*random)() % chunks->size(), Chunk(chunk));
      return;
    case 3:
      chunks->erase(chunks->begin() + (&chunk - chunks->data()));
      return;
    case 4:
    case 5:
      return ChangeRows(change, chunks);
    default:
      change(&chunk.data);
  }
}

}  // namespace

std::string MutatePng(absl::string_view png, const ChangeBytes& change, Random* random) {
  Chunks chunks = Split(png);
  if (chunks.empty() || (*random)() % 16 == 0) {
    std::string bytes(png);
    change(&bytes);
    return bytes;
  }
  ChangeOne(change, random, &chunks);
  return Join(chunks);
}

}  // namespace lookbook
