#include "models/explore/picture_sections.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/thumbnail.h"
#include "models/report/numbers_text.h"

namespace lookbook {
namespace {

constexpr int kThumbnail = 320;
constexpr int kHalf = 220;  // Of two side by side.
constexpr int kGap = 6;
constexpr int kJpegQuality = 82;
constexpr int kSample = 480;
constexpr size_t kMostPoints = 4000;
constexpr size_t kShownPairs = 12;
constexpr size_t kListedOutliers = 100;

absl::StatusOr<Image> Load(const std::string& path, int longest_side) {
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  DecodeOptions options;
  options.min_short_side = longest_side;
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
  return ShrinkToFit(decoded.image, longest_side);
}

// The picture's file, shrunk; empty when it cannot be read.
std::string Thumbnail(const std::string& path) {
  const absl::StatusOr<Image> image = Load(path, kThumbnail);
  return image.ok() ? EncodeJpeg(*image, kJpegQuality).value_or("") : "";
}

void Paste(const Image& from, int left, Image* to) {
  const int top = (to->height - from.height) / 2;
  for (int y = 0; y < from.height; ++y) {
    std::copy_n(from.rgb.begin() + int64_t{3} * from.width * y, 3 * from.width,
                to->rgb.begin() + 3 * (int64_t{to->width} * (top + y) + left));
  }
}

// Two pictures as one; empty when either cannot be read.
std::string SideBySide(const std::string& path_a, const std::string& path_b) {
  const absl::StatusOr<Image> a = Load(path_a, kHalf), b = Load(path_b, kHalf);
  if (!a.ok() || !b.ok()) return "";
  Image both = {a->width + kGap + b->width, std::max(a->height, b->height), {}};
  both.rgb.assign(size_t{3} * both.width * both.height, 128);
  Paste(*a, 0, &both);
  Paste(*b, a->width + kGap, &both);
  return EncodeJpeg(both, kJpegQuality).value_or("");
}

ReportPicture PictureOf(const Exploration& explored, int64_t row) {
  const SurveyedImage& image = explored.images[row];
  ReportPicture picture;
  picture.file = Thumbnail(image.path);
  picture.title = image.id;
  picture.note = absl::StrCat(image.width, " × ", image.height, ", ",
                              BytesText(static_cast<double>(image.bytes)), ", ",
                              explored.parts[image.part].name);
  return picture;
}

ReportGallery GalleryOf(const Exploration& explored, const std::string& title,
                        const std::vector<int64_t>& rows) {
  ReportGallery gallery;
  gallery.title = title;
  gallery.width = 160;
  for (int64_t row : rows) gallery.pictures.push_back(PictureOf(explored, row));
  return gallery;
}

std::vector<std::string> QuantileRow(const std::string& name, const Quantiles& q, double scale,
                                     int decimals) {
  std::vector<std::string> row = {name};
  for (double value : {q.min, q.p5, q.p25, q.median, q.p75, q.p95, q.max, q.mean})
    row.push_back(absl::StrFormat("%.*f", decimals, value * scale));
  return row;
}

ReportTable QuantileTable(const ImageSizes& sizes) {
  ReportTable table;
  table.title = "Distribution";
  table.columns = {{"of"},         {"least", true},  {"5 %", true},
                   {"25 %", true}, {"median", true}, {"75 %", true},
                   {"95 %", true}, {"most", true},   {"mean", true}};
  table.rows = {QuantileRow("width", sizes.width, 1, 0), QuantileRow("height", sizes.height, 1, 0),
                QuantileRow("width / height", sizes.aspect, 1, 2),
                QuantileRow("megapixels", sizes.pixels, 1e-6, 2),
                QuantileRow("kB a file", sizes.bytes, 1e-3, 0)};
  return table;
}

// Width against height, one series a part; every n-th picture where there are many.
ReportChart SizeChart(const Exploration& explored) {
  ReportChart chart;
  chart.kind = ChartKind::kScatter;
  chart.title = "Width × height";
  chart.x_title = "width, pixels";
  chart.y_title = "height, pixels";
  for (const ExploredPart& part : explored.parts) chart.series.push_back({.name = part.name});
  const size_t step = (explored.images.size() + kMostPoints - 1) / kMostPoints;
  for (size_t i = 0; i < explored.images.size(); i += step) {
    const SurveyedImage& image = explored.images[i];
    if (image.width == 0) continue;
    chart.series[image.part].x.push_back(image.width);
    chart.series[image.part].values.push_back(image.height);
  }
  if (step > 1) chart.note = absl::StrCat("Every ", step, "th picture.");
  return chart;
}

ReportTable OutlierTable(const Exploration& explored) {
  ReportTable table;
  table.title = "Outliers";
  table.folded = true;
  table.columns = {{"picture"}, {"part"}, {"width", true}, {"height", true}, {"by"}};
  const auto add = [&](const std::vector<int64_t>& rows, const char* by) {
    for (size_t i = 0; i < std::min(rows.size(), kListedOutliers); ++i) {
      const SurveyedImage& image = explored.images[rows[i]];
      table.rows.push_back({image.path, explored.parts[image.part].name, absl::StrCat(image.width),
                            absl::StrCat(image.height), by});
    }
  };
  add(explored.sizes.pixel_outliers, "area");
  add(explored.sizes.aspect_outliers, "shape");
  return table;
}

ReportTable PartTable(const Exploration& explored) {
  ReportTable table;
  table.title = "Pairs by part";
  table.columns = {{"part"}};
  for (const ExploredPart& part : explored.parts) table.columns.push_back({part.name, true});
  const size_t count = explored.parts.size();
  for (size_t a = 0; a < count; ++a) {
    std::vector<std::string> row = {explored.parts[a].name};
    for (size_t b = 0; b < count; ++b)
      row.push_back(WithCommas(explored.copies.by_parts[std::min(a, b) * count + std::max(a, b)]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

ReportGallery PairGallery(const Exploration& explored, const std::string& title,
                          const std::vector<NearPair>& pairs) {
  ReportGallery gallery;
  gallery.title = title;
  gallery.width = 260;
  for (size_t i = 0; i < std::min(pairs.size(), kShownPairs); ++i) {
    const SurveyedImage& a = explored.images[pairs[i].a];
    const SurveyedImage& b = explored.images[pairs[i].b];
    ReportPicture& picture = gallery.pictures.emplace_back();
    picture.file = SideBySide(a.path, b.path);
    picture.title = absl::StrCat(a.id, " · ", b.id);
    picture.note = absl::StrCat(explored.parts[a.part].name, " · ", explored.parts[b.part].name,
                                ", ", pairs[i].bits, " bits");
  }
  return gallery;
}

}  // namespace

ReportSection SampleSection(const Exploration& explored) {
  ReportSection section;
  section.title = "Samples";
  section.lead = absl::StrCat("Pictures drawn by chance (seed ", explored.options.seed,
                              ") with their masks and labels.");
  ReportGallery gallery;
  gallery.width = 260;
  for (const MaskSample& sample : explored.samples) {
    absl::StatusOr<ReportPicture> picture = DrawMaskSample(explored.data, sample, kSample);
    if (picture.ok()) {
      gallery.pictures.push_back(*std::move(picture));
      continue;
    }
    gallery.pictures.push_back({.title = explored.data.images[sample.image].id,
                                .note = std::string(picture.status().message())});
  }
  section.blocks.push_back(std::move(gallery));
  return section;
}

ReportSection SizeSection(const Exploration& explored) {
  const ImageSizes& sizes = explored.sizes;
  ReportSection section;
  section.title = "Sizes";
  section.lead =
      "As stored in the files' headers. An outlier lies more than 3 interquartile ranges beyond "
      "the "
      "quartiles of the logarithm of its area or of its shape.";
  section.blocks.push_back(
      ReportFacts{{{"distinct sizes", WithCommas(sizes.distinct), ""},
                   {"commonest", absl::StrCat(sizes.commonest_width, " × ", sizes.commonest_height),
                    absl::StrCat(PercentText(sizes.commonest_images, sizes.images), " of ",
                                 WithCommas(sizes.images), " readable pictures")},
                   {"outliers by area", WithCommas(std::ssize(sizes.pixel_outliers)), ""},
                   {"outliers by shape", WithCommas(std::ssize(sizes.aspect_outliers)), ""}}});
  section.blocks.push_back(SizeChart(explored));
  section.blocks.push_back(QuantileTable(sizes));
  section.blocks.push_back(GalleryOf(explored, "Smallest", sizes.smallest));
  section.blocks.push_back(GalleryOf(explored, "Largest", sizes.largest));
  const ReportTable outliers = OutlierTable(explored);
  if (!outliers.rows.empty()) section.blocks.push_back(outliers);
  return section;
}

ReportSection CopySection(const Exploration& explored) {
  ReportSection section;
  section.title = "Near-duplicates";
  if (!explored.options.hashes) {
    section.blocks.push_back(ReportText{"Not looked for.", false});
    return section;
  }
  const NearDuplicates& copies = explored.copies;
  section.lead = absl::StrCat(
      "Pairs whose 64-bit perceptual hashes differ in at most 4 bits. Across parts they flatter a "
      "test: what is asked was seen in training. Colour does not count. Parts: ",
      explored.options.split, " with seed ", explored.options.seed, ".");
  section.blocks.push_back(ReportFacts{{{"across parts", WithCommas(copies.across), "pairs"},
                                        {"within a part", WithCommas(copies.within), "pairs"}}});
  section.blocks.push_back(PartTable(explored));
  if (copies.across > 0)
    section.blocks.push_back(PairGallery(explored, "Nearest across parts", copies.across_pairs));
  if (copies.within > 0)
    section.blocks.push_back(PairGallery(explored, "Nearest within a part", copies.within_pairs));
  return section;
}

}  // namespace lookbook
