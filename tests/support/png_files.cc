#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

#include "tests/support/image_files.h"

namespace lookbook {
namespace {

void PutWord(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

// Samples of 1, 2, 4, 8 or 16 bits, the first in the highest bits; a row ends on a whole byte.
class RowPacker {
 public:
  explicit RowPacker(int depth) : depth_(depth) {}

  void Put(int byte) {
    if (depth_ == 16) {
      row_.push_back(static_cast<char>(byte));
      row_.push_back(static_cast<char>(~byte));
      return;
    }
    bits_ = bits_ << depth_ | static_cast<unsigned>(byte >> (8 - depth_));
    filled_ += depth_;
    if (filled_ == 8) Flush();
  }

  std::string Take() {
    if (filled_ > 0) {
      bits_ <<= 8 - filled_;
      Flush();
    }
    return std::exchange(row_, {});
  }

 private:
  void Flush() {
    row_.push_back(static_cast<char>(bits_));
    bits_ = 0, filled_ = 0;
  }

  const int depth_;
  unsigned bits_ = 0;
  int filled_ = 0;
  std::string row_;
};

void PutPixel(const uint8_t* rgb, const PngFileOptions& options, RowPacker* row) {
  switch (options.color) {
    case PngColor::kGrey:
    case PngColor::kGreyAlpha:
      row->Put((rgb[0] + rgb[1] + rgb[2]) / 3);
      break;
    case PngColor::kPalette:
      row->Put(rgb[0]);
      break;
    case PngColor::kRgb:
    case PngColor::kRgba:
      for (int c = 0; c < 3; ++c) row->Put(rgb[c]);
  }
  if (options.color == PngColor::kGreyAlpha || options.color == PngColor::kRgba)
    row->Put(options.alpha);
}

struct Pass {
  int x, y, step_x, step_y;
};
constexpr Pass kWhole[] = {{0, 0, 1, 1}};
constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                           {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

// Rows without filtering, each behind its filter byte.
std::string Scanlines(const Image& image, const PngFileOptions& options) {
  std::string lines;
  const Pass* begin = options.interlaced ? std::begin(kAdam7) : std::begin(kWhole);
  const Pass* end = options.interlaced ? std::end(kAdam7) : std::end(kWhole);
  RowPacker row(options.depth);
  for (const Pass* pass = begin; pass != end; ++pass) {
    if (pass->x >= image.width) continue;
    for (int y = pass->y; y < image.height; y += pass->step_y) {
      for (int x = pass->x; x < image.width; x += pass->step_x) {
        PutPixel(&image.rgb[3 * (size_t(y) * image.width + x)], options, &row);
      }
      lines += '\0' + row.Take();
    }
  }
  return lines;
}

std::string Palette(int depth) {
  std::string palette;
  for (int i = 0; i < 1 << depth; ++i) {
    uint8_t rgb[3];
    PaletteColor(i, rgb);
    palette.append(reinterpret_cast<const char*>(rgb), 3);
  }
  return palette;
}

// A raw deflate stream of zeros, ended by `flush`.
std::string RawZeros(size_t count, int flush) {
  z_stream stream = {};
  if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflate");
  std::string zeros(count, '\0');
  std::string out(count / 500 + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(count);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  if (stream.avail_in != 0 || stream.avail_out == 0)
    throw std::runtime_error("deflate: short of room");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string PngSignature() { return "\x89PNG\r\n\x1a\n"; }

std::string PngChunk(absl::string_view type, absl::string_view data) {
  std::string chunk;
  PutWord(static_cast<uint32_t>(data.size()), &chunk);
  chunk.append(type.data(), type.size());
  chunk.append(data.data(), data.size());
  const auto* covered = reinterpret_cast<const Bytef*>(chunk.data()) + 4;
  PutWord(static_cast<uint32_t>(crc32(0, covered, static_cast<uInt>(chunk.size() - 4))), &chunk);
  return chunk;
}

std::string PngIhdr(uint32_t width, uint32_t height, int depth, PngColor color, bool interlaced) {
  std::string data;
  PutWord(width, &data);
  PutWord(height, &data);
  for (const int field : {depth, static_cast<int>(color), 0, 0, interlaced ? 1 : 0}) {
    data.push_back(static_cast<char>(field));
  }
  return PngChunk("IHDR", data);
}

std::string WithPngSize(const std::string& png, uint32_t width, uint32_t height) {
  std::string data;
  PutWord(width, &data);
  PutWord(height, &data);
  data += png.substr(24, 5);
  return PngSignature() + PngChunk("IHDR", data) + png.substr(33);
}

std::string Deflate(absl::string_view data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                reinterpret_cast<const Bytef*>(data.data()), data.size(), 6) != Z_OK) {
    throw std::runtime_error("deflate");
  }
  out.resize(size);
  return out;
}

std::string DeflateZeros(uint64_t count) {
  constexpr uint64_t kPiece = 1 << 20;
  const std::string piece =
      RawZeros(kPiece, Z_FULL_FLUSH);  // Pieces that end in a full flush can be strung together.
  std::string out = "\x78\xDA";
  for (uint64_t i = 0; i < count / kPiece; ++i) out += piece;
  out += RawZeros(count % kPiece, Z_FINISH);
  PutWord(static_cast<uint32_t>(count % 65521) << 16 | 1, &out);  // Adler-32 of zeros.
  return out;
}

void PaletteColor(int index, uint8_t rgb[3]) {
  rgb[0] = static_cast<uint8_t>(index * 7 + 3);
  rgb[1] = static_cast<uint8_t>(255 - index);
  rgb[2] = static_cast<uint8_t>(index * 31);
}

std::string MakePng(const Image& image, const PngFileOptions& options) {
  std::string png = PngSignature();
  png += PngIhdr(static_cast<uint32_t>(image.width), static_cast<uint32_t>(image.height),
                 options.depth, options.color, options.interlaced);
  if (options.color == PngColor::kPalette) png += PngChunk("PLTE", Palette(options.depth));
  if (!options.transparency.empty()) png += PngChunk("tRNS", options.transparency);
  png += options.before_data;
  const std::string data = Deflate(Scanlines(image, options));
  for (size_t pos = 0; pos < data.size(); pos += options.idat_size) {
    png += PngChunk("IDAT", absl::string_view(data).substr(pos, options.idat_size));
  }
  return png + PngChunk("IEND", "");
}

}  // namespace lookbook
