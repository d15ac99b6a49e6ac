#include "models/explore/mask_samples.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/thumbnail.h"
#include "models/dataset/label_csv.h"
#include "models/dataset/label_space.h"
#include "models/dataset/rle.h"

namespace lookbook {
namespace {

using Color = std::array<uint8_t, 3>;

constexpr Color kColors[] = {{214, 69, 65},  {38, 120, 178}, {230, 159, 0},  {46, 139, 87},
                             {142, 68, 173}, {0, 150, 160},  {200, 80, 140}, {110, 110, 40}};
constexpr int kTint = 40;  // Per cent.
constexpr int kJpegQuality = 82;

std::string Hex(const Color& color) {
  return absl::StrFormat("#%02x%02x%02x", color[0], color[1], color[2]);
}

// A mask at the size of a shrunk picture.
class SmallMask {
 public:
  SmallMask(const Mask& mask, int width, int height)
      : width_(width), height_(height), on_(size_t(width) * height) {
    for (int y = 0; y < height; ++y) {
      const int64_t row = int64_t{y} * mask.height / height * mask.width;
      for (int x = 0; x < width; ++x)
        on_[size_t(y) * width + x] = mask.on[row + int64_t{x} * mask.width / width];
    }
  }

  bool At(int x, int y) const {
    return x >= 0 && y >= 0 && x < width_ && y < height_ && on_[size_t(y) * width_ + x] != 0;
  }
  bool IsEdge(int x, int y) const {
    return !At(x - 1, y) || !At(x + 1, y) || !At(x, y - 1) || !At(x, y + 1);
  }

  // Draws itself; its middle as shares of width and height, nothing when it is empty.
  std::optional<std::array<double, 2>> Draw(const Color& color, Image* image) const {
    int64_t count = 0, sum_x = 0, sum_y = 0;
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        if (!At(x, y)) continue;
        ++count;
        sum_x += x;
        sum_y += y;
        const int share = IsEdge(x, y) ? 100 : kTint;
        uint8_t* rgb = &image->rgb[3 * (size_t(y) * width_ + x)];
        for (int c = 0; c < 3; ++c)
          rgb[c] = static_cast<uint8_t>((rgb[c] * (100 - share) + color[c] * share) / 100);
      }
    }
    if (count == 0) return std::nullopt;
    return std::array<double, 2>{(double(sum_x) / count + 0.5) / width_,
                                 (double(sum_y) / count + 0.5) / height_};
  }

 private:
  const int width_;
  const int height_;
  std::vector<uint8_t> on_;
};

// Masks were drawn on the picture as stored, or as it is shown: the CSV's size tells which.
absl::StatusOr<Image> LoadPicture(const ImageRecord& record, int longest_side) {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(record.path));
  DecodeOptions options;
  LB_ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(bytes, options.limits));
  options.apply_orientation = header.width != record.width || header.height != record.height;
  const double aspect =
      double(std::min(header.width, header.height)) / std::max(header.width, header.height);
  options.min_short_side = static_cast<int>(longest_side * aspect);
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
  return ShrinkToFit(decoded.image, longest_side);
}

}  // namespace

absl::StatusOr<std::vector<MaskSample>> ReadMaskSamples(const std::string& csv_path,
                                                        const FashionData& data,
                                                        absl::Span<const int64_t> images) {
  std::vector<MaskSample> samples;
  absl::flat_hash_map<std::string, size_t> by_id;
  for (int64_t image : images) {
    by_id[data.images[image].id] = samples.size();
    samples.emplace_back().image = image;
  }
  const ColumnIndex classes(data.labels.classes);
  const auto add = [&](const LabelRow& row) {
    const auto sample = by_id.find(absl::StripSuffix(row.image_id, ".jpg"));
    if (sample == by_id.end()) return;
    uint32_t id = 0;
    if (!absl::SimpleAtoi(row.class_id.substr(0, row.class_id.find('_')), &id)) return;
    const std::optional<int> column = classes.Find(id);
    if (!column.has_value()) return;
    samples[sample->second].segments.push_back({*column, std::string(row.encoded_pixels)});
  };
  Sha256 unused;
  LB_RETURN_IF_ERROR(ReadLabelCsv(csv_path, &unused, {add, [](int64_t, absl::string_view) {}, {}}));
  return samples;
}

absl::StatusOr<ReportPicture> DrawMaskSample(const FashionData& data, const MaskSample& sample,
                                             int longest_side) {
  const ImageRecord& record = data.images[sample.image];
  LB_ASSIGN_OR_RETURN(Image image, LoadPicture(record, longest_side));
  ReportPicture picture;
  picture.title = record.id;
  int drawn = 0, unfit = 0;
  for (const MaskSegment& segment : sample.segments) {
    if (segment.rle.empty() || record.width == 0) continue;
    const absl::StatusOr<Mask> mask = DecodeRle(segment.rle, record.width, record.height);
    if (!mask.ok()) {
      ++unfit;
      continue;
    }
    const Color& color = kColors[drawn++ % std::size(kColors)];
    const auto middle = SmallMask(*mask, image.width, image.height).Draw(color, &image);
    const std::string& name = data.labels.classes[segment.class_column].name;
    if (middle) picture.marks.push_back({name, Hex(color), (*middle)[0], (*middle)[1]});
  }
  for (int column : record.classes) picture.chips.push_back(data.labels.classes[column].name);
  picture.note = absl::StrCat(record.width, " × ", record.height, ", ", sample.segments.size(),
                              sample.segments.size() == 1 ? " segment" : " segments");
  if (unfit > 0)
    absl::StrAppend(&picture.note, ", ", unfit, unfit == 1 ? " mask does" : " masks do",
                    " not fit");
  for (int column : record.attributes) picture.chips.push_back(data.labels.attributes[column].name);
  LB_ASSIGN_OR_RETURN(picture.file, EncodeJpeg(image, kJpegQuality));
  return picture;
}

}  // namespace lookbook
