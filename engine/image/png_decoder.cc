#include "engine/image/png_decoder.h"

#include <spng.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

struct FreeBytes {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
// From calloc(), which does not touch a large block.
using ZeroBytes = std::unique_ptr<uint8_t[], FreeBytes>;

absl::Status ToStatus(int error) {
  if (error == 0) return absl::OkStatus();
  const std::string message = absl::StrCat("PNG: ", spng_strerror(error));
  return error == SPNG_EMEM ? absl::ResourceExhaustedError(message)
                            : InvalidArgument("corrupt", message);
}

// The signature and the chunks that matter, as one stream. libspng pulls from it.
class ChunkStream {
 public:
  explicit ChunkStream(const std::vector<absl::string_view>& chunks)
      : chunks_(chunks), left_(kPngSignature) {}

  static int Read(spng_ctx*, void* user, void* out, size_t length) {
    return static_cast<ChunkStream*>(user)->Copy(static_cast<char*>(out), length);
  }

 private:
  int Copy(char* out, size_t length) {
    while (length > 0) {
      if (left_.empty()) {
        if (next_ == chunks_.size()) return SPNG_IO_EOF;
        left_ = chunks_[next_++];
      }
      const size_t part = std::min(length, left_.size());
      std::memcpy(out, left_.data(), part);
      left_.remove_prefix(part);
      out += part;
      length -= part;
    }
    return 0;
  }

  const std::vector<absl::string_view>& chunks_;
  size_t next_ = 0;
  absl::string_view left_;
};

uint8_t OnWhite(int color, int alpha) {
  return static_cast<uint8_t>((color * alpha + 255 * (255 - alpha) + 127) / 255);
}

// Rows as libspng gives them -> RGB.
class RowConverter {
 public:
  virtual ~RowConverter() = default;
  virtual int format() const { return SPNG_FMT_RGB8; }
  virtual int flags() const { return 0; }
  virtual size_t RowBytes(size_t width) const { return 3 * width; }

  // What the rows need from other chunks. REQUIRES: decoding has begun.
  virtual absl::Status Prepare(spng_ctx*) { return absl::OkStatus(); }

  // Appends the `width` pixels of `row`.
  virtual absl::Status Append(const uint8_t* row, size_t width, std::vector<uint8_t>* rgb) const {
    rgb->insert(rgb->end(), row, row + 3 * width);
    return absl::OkStatus();
  }
};

class AlphaConverter : public RowConverter {
 public:
  int format() const override { return SPNG_FMT_RGBA8; }
  int flags() const override { return SPNG_DECODE_TRNS; }
  size_t RowBytes(size_t width) const override { return 4 * width; }

  absl::Status Append(const uint8_t* row, size_t width, std::vector<uint8_t>* rgb) const override {
    for (const uint8_t* pixel = row; pixel < row + 4 * width; pixel += 4) {
      for (int c = 0; c < 3; ++c) rgb->push_back(OnWhite(pixel[c], pixel[3]));
    }
    return absl::OkStatus();
  }
};

// libspng would paint an index beyond the palette black; here it is a fault.
class PaletteConverter : public RowConverter {
 public:
  explicit PaletteConverter(int depth) : depth_(depth) {}

  int format() const override { return SPNG_FMT_PNG; }
  size_t RowBytes(size_t width) const override { return (width * depth_ + 7) / 8; }

  absl::Status Prepare(spng_ctx* context) override {
    spng_plte palette = {};
    LB_RETURN_IF_ERROR(ToStatus(spng_get_plte(context, &palette)));
    spng_trns alpha = {};
    const int error = spng_get_trns(context, &alpha);
    if (error != SPNG_ECHUNKAVAIL) LB_RETURN_IF_ERROR(ToStatus(error));
    count_ = palette.n_entries;
    for (size_t i = 0; i < count_; ++i) {
      const spng_plte_entry& entry = palette.entries[i];
      const int opacity = i < alpha.n_type3_entries ? alpha.type3_alpha[i] : 255;
      colors_[i] = {OnWhite(entry.red, opacity), OnWhite(entry.green, opacity),
                    OnWhite(entry.blue, opacity)};
    }
    return absl::OkStatus();
  }

  absl::Status Append(const uint8_t* row, size_t width, std::vector<uint8_t>* rgb) const override {
    for (size_t x = 0; x < width; ++x) {
      const size_t bit = x * depth_;
      const size_t index = row[bit / 8] >> (8 - depth_ - bit % 8) & ((1 << depth_) - 1);
      if (index >= count_) {
        return InvalidArgument("corrupt",
                               absl::StrCat("PNG: index ", index, " into a palette of ", count_));
      }
      rgb->insert(rgb->end(), colors_[index].begin(), colors_[index].end());
    }
    return absl::OkStatus();
  }

 private:
  const size_t depth_;
  size_t count_ = 0;
  std::array<std::array<uint8_t, 3>, 256> colors_ = {};
};

std::unique_ptr<RowConverter> MakeConverter(const PngHeader& header, const PngChunks& chunks) {
  if (header.color_type == 3) return std::make_unique<PaletteConverter>(header.bit_depth);
  const bool alpha = chunks.has_transparency || header.color_type == 4 || header.color_type == 6;
  if (alpha) return std::make_unique<AlphaConverter>();
  return std::make_unique<RowConverter>();
}

// Reads row after row; memory grows with what has been decoded.
absl::Status ReadPlain(spng_ctx* context, const RowConverter& converter, Image* image) {
  std::vector<uint8_t> row(converter.RowBytes(image->width));
  for (int y = 0; y < image->height; ++y) {
    const int error = spng_decode_row(context, row.data(), row.size());
    if (error != SPNG_EOI) LB_RETURN_IF_ERROR(ToStatus(error));  // EOI comes with the last row.
    LB_RETURN_IF_ERROR(converter.Append(row.data(), image->width, &image->rgb));
  }
  return absl::OkStatus();
}

// Seven passes fill the picture bit by bit, so there is room for all of it from the start; the
// system gives memory for the rows that are decoded.
absl::Status ReadInterlaced(spng_ctx* context, const RowConverter& converter, Image* image) {
  const size_t row_bytes = converter.RowBytes(image->width);
  const ZeroBytes rows(static_cast<uint8_t*>(std::calloc(image->height, row_bytes)));
  if (rows == nullptr) return ToStatus(SPNG_EMEM);
  for (int error = 0; error != SPNG_EOI;) {
    spng_row_info info = {};
    LB_RETURN_IF_ERROR(ToStatus(spng_get_row_info(context, &info)));
    error = spng_decode_row(context, rows.get() + info.row_num * row_bytes, row_bytes);
    if (error != SPNG_EOI) LB_RETURN_IF_ERROR(ToStatus(error));
  }
  for (int y = 0; y < image->height; ++y) {
    LB_RETURN_IF_ERROR(converter.Append(rows.get() + y * row_bytes, image->width, &image->rgb));
  }
  return absl::OkStatus();
}

}  // namespace

int64_t PngDecoderBytes(const PngHeader& header, const PngChunks& chunks) {
  // A list that grows is there twice for a moment, the new one with room to spare.
  const auto listed =
      static_cast<int64_t>(3 * chunks.pixel_chunks.size() * sizeof(absl::string_view));
  if (!header.interlaced) return listed;
  const size_t row = MakeConverter(header, chunks)->RowBytes(header.width);
  return listed + static_cast<int64_t>(row * header.height);
}

absl::StatusOr<Image> DecodePng(const PngHeader& header, const PngChunks& chunks) {
  const std::unique_ptr<spng_ctx, FreeContext> owned(spng_ctx_new(0));
  spng_ctx* const context = owned.get();
  if (context == nullptr) return ToStatus(SPNG_EMEM);
  ChunkStream stream(chunks.pixel_chunks);
  const std::unique_ptr<RowConverter> converter = MakeConverter(header, chunks);
  LB_RETURN_IF_ERROR(ToStatus(spng_set_image_limits(context, header.width, header.height)));
  LB_RETURN_IF_ERROR(ToStatus(spng_set_crc_action(context, SPNG_CRC_ERROR, SPNG_CRC_ERROR)));
  LB_RETURN_IF_ERROR(ToStatus(spng_set_png_stream(context, &ChunkStream::Read, &stream)));
  LB_RETURN_IF_ERROR(ToStatus(spng_decode_image(context, nullptr, 0, converter->format(),
                                                SPNG_DECODE_PROGRESSIVE | converter->flags())));
  LB_RETURN_IF_ERROR(converter->Prepare(context));
  Image image{static_cast<int>(header.width), static_cast<int>(header.height), {}};
  image.rgb.reserve(size_t{3} * image.width * image.height);
  const auto read = header.interlaced ? &ReadInterlaced : &ReadPlain;
  LB_RETURN_IF_ERROR(read(context, *converter, &image));
  LB_RETURN_IF_ERROR(ToStatus(spng_decode_chunks(context)));  // Checks the CRCs of what is left.
  return image;
}

}  // namespace lookbook
