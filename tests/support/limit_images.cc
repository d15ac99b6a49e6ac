#include "tests/support/limit_images.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using Rows = std::vector<BadImage>;

std::string SolidJpeg(int width, int height) {
  JpegFileOptions options;
  options.color = JpegColor::kGrey;
  return MakeJpeg(SolidImage(width, height, 90, 120, 200), options);
}

// What follows the end marker is not read, but counts.
void AddBytes(Rows* rows) {
  std::string jpeg = MakeJpeg(GradientImage(64, 48));
  jpeg.resize(16 << 20, '\0');
  rows->push_back({0, "limit_bytes", jpeg, ""});
  rows->push_back({0, "limit_bytes_beyond", jpeg + '\0', "image_too_large"});
}

struct SizeLimit {
  const char* name;
  int width, height;                // At the limit.
  int beyond_width, beyond_height;  // Refused by the header alone: no such pixels are needed.
  const char* reason;
};

void AddSizes(Rows* rows) {
  for (const SizeLimit& limit :
       {SizeLimit{"pixels", 10'000, 5'000, 42'123, 1'187, "too_many_pixels"},  // 50,000,001.
        SizeLimit{"side", 65'500, 328, 65'501, 328, "bad_dimensions"},
        SizeLimit{"aspect", 1'600, 8, 1'601, 8, "bad_aspect"},
        SizeLimit{"min_side", 8, 8, 8, 7, "too_small"}}) {
    const std::string jpeg = SolidJpeg(limit.width, limit.height);
    rows->push_back({0, absl::StrCat("limit_", limit.name), jpeg, ""});
    rows->push_back({0, absl::StrCat("limit_", limit.name, "_beyond"),
                     WithJpegSize(jpeg, limit.beyond_width, limit.beyond_height), limit.reason});
  }
}

void AddCounts(Rows* rows) {
  for (const int scans : {100, 101}) {
    JpegFileOptions options;
    options.scans = scans;
    rows->push_back({0, absl::StrCat("limit_scans_", scans),
                     MakeJpeg(GradientImage(32, 32), options),
                     scans == 100 ? "" : "too_many_scans"});
  }
  PngFileOptions options;  // IHDR, IDAT and IEND are chunks, too.
  for (int i = 0; i < 9'997; ++i) options.before_data += PngChunk("tEXt", "a");
  rows->push_back({0, "limit_chunks", MakePng(GradientImage(16, 16), options), ""});
  options.before_data += PngChunk("tEXt", "a");
  rows->push_back(
      {0, "limit_chunks_beyond", MakePng(GradientImage(16, 16), options), "too_many_chunks"});
}

}  // namespace

std::vector<BadImage> LimitImages() {
  Rows rows;
  AddBytes(&rows);
  AddSizes(&rows);
  AddCounts(&rows);
  return rows;
}

}  // namespace lookbook
