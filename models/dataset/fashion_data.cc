#include "models/dataset/fashion_data.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "models/dataset/label_csv.h"
#include "models/dataset/label_space.h"
#include "models/dataset/rle.h"
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

constexpr uint64_t kMaxDescriptionBytes = 64 << 20;

// Ids become file names, JSON and protobuf strings: no path, no control character, valid UTF-8.
bool IsGoodImageId(absl::string_view id) {
  if (id.empty() || id.size() > 200 || id == "." || id == "..") return false;
  for (unsigned char c : id) {
    if (c < 0x20 || c == 0x7f || c == '/' || c == '\\') return false;
  }
  try {
    (void)nlohmann::json(std::string(id)).dump();
  } catch (const nlohmann::json::exception&) {
    return false;  // Not UTF-8.
  }
  return true;
}

struct RowLabels {
  uint32_t class_id = 0;
  std::vector<uint32_t> attribute_ids;
};

// "6_4_12" and "4,12". Returns what is wrong, empty when nothing is.
std::string ParseRowLabels(const LabelRow& row, RowLabels* labels) {
  labels->attribute_ids.clear();
  const auto parse = [](absl::string_view word, uint32_t* id) {
    word = absl::StripAsciiWhitespace(word);
    return !word.empty() && word[0] >= '0' && word[0] <= '9' && absl::SimpleAtoi(word, id);
  };
  bool first = true;
  for (absl::string_view word : absl::StrSplit(row.class_id, '_')) {
    uint32_t id = 0;
    if (!parse(word, &id)) return absl::StrCat("ClassId \"", row.class_id.substr(0, 40), "\"");
    if (first) labels->class_id = id;
    if (!first) labels->attribute_ids.push_back(id);
    first = false;
  }
  if (absl::StripAsciiWhitespace(row.attributes_ids).empty()) return "";
  for (absl::string_view word : absl::StrSplit(row.attributes_ids, ',')) {
    uint32_t id = 0;
    if (!parse(word, &id))
      return absl::StrCat("AttributesIds \"", row.attributes_ids.substr(0, 40), "\"");
    labels->attribute_ids.push_back(id);
  }
  return "";
}

// Height and Width of a row. False: they are there, but are no sizes.
bool ParseSize(const LabelRow& row, int* width, int* height) {
  *width = *height = 0;
  if (row.width.empty() && row.height.empty()) return true;
  return absl::SimpleAtoi(row.width, width) && absl::SimpleAtoi(row.height, height) && *width > 0 &&
         *height > 0;
}

// Gathers rows into images.
class RowGatherer {
 public:
  RowGatherer(const LabelSpace& labels, std::string csv, IssueLog* issues)
      : classes_(labels.classes),
        attributes_(labels.attributes),
        csv_(std::move(csv)),
        issues_(issues),
        class_rows_(labels.classes.size(), 0) {}

  void Malformed(int64_t line, absl::string_view why) {
    ++rows_;
    Note("malformed row", line, why);
  }

  void Note(absl::string_view what, int64_t line, absl::string_view why) {
    issues_->Add(what, absl::StrCat(csv_, ":", line, ": ", why));
  }

  void Add(const LabelRow& row) {
    ++rows_;
    const std::string wrong = ParseRowLabels(row, &row_labels_);
    if (!wrong.empty()) return Note("malformed row", row.line, wrong);
    const absl::string_view id = absl::StripSuffix(row.image_id, ".jpg");
    const auto found = by_id_.find(id);
    if (found == by_id_.end() && !IsGoodImageId(id))
      return Note("malformed row", row.line, "ImageId is no name");
    const std::optional<int> column = classes_.Find(row_labels_.class_id);
    if (!column.has_value()) {
      return Note("unknown class id", row.line, absl::StrCat(row_labels_.class_id));
    }
    const size_t image = found == by_id_.end() ? AddImage(row, id) : found->second;
    if (IsRepeated(row, image)) return;
    NoteOrder(row, image);
    CheckMask(row, &images_[image]);
    ++class_rows_[*column];
    images_[image].classes.push_back(*column);
    AddAttributes(row, &images_[image]);
  }

  // Moves everything out.
  void TakeInto(FashionData* data) {
    for (ImageRecord& image : images_) {
      SortUnique(&image.classes);
      SortUnique(&image.attributes);
    }
    std::sort(images_.begin(), images_.end(),
              [](const ImageRecord& a, const ImageRecord& b) { return a.id < b.id; });
    data->images = std::move(images_);
    data->rows = rows_;
    data->class_rows = std::move(class_rows_);
  }

 private:
  size_t AddImage(const LabelRow& row, absl::string_view id) {
    by_id_.emplace(std::string(id), images_.size());
    ImageRecord& image = images_.emplace_back();
    image.id = std::string(id);
    image.line = row.line;
    return last_image_ = images_.size() - 1;
  }

  // Two segments of one image may have the same labels (shoes), but not the same pixels, too. Where
  // there are no pixels nothing tells such rows apart, and one says it all.
  bool IsRepeated(const LabelRow& row, size_t image) {
    const uint64_t hash = absl::HashOf(image, row.encoded_pixels, row.class_id, row.attributes_ids);
    const auto [earlier, added] = seen_.emplace(hash, row.line);
    if (added) return false;
    Note("duplicate row", row.line, absl::StrCat("the same as line ", earlier->second));
    return true;
  }

  // An image's rows stand together; one that comes back may be two pictures of one name.
  void NoteOrder(const LabelRow& row, size_t image) {
    if (image == last_image_) return;
    last_image_ = image;
    Note("duplicate image id", row.line,
         absl::StrCat(images_[image].id, " stood before, from line ", images_[image].line,
                      "; the labels are joined"));
  }

  void CheckMask(const LabelRow& row, ImageRecord* image) {
    int width = 0, height = 0;
    if (!ParseSize(row, &width, &height)) {
      return Note("bad mask", row.line,
                  absl::StrCat("Height \"", row.height.substr(0, 20), "\", Width \"",
                               row.width.substr(0, 20), "\""));
    }
    if (width == 0) return;
    if (image->width == 0) {
      image->width = width;
      image->height = height;
    } else if (image->width != width || image->height != height) {
      Note("image size differs", row.line,
           absl::StrCat(image->id, " is ", width, "x", height, " here and ", image->width, "x",
                        image->height, " before"));
    }
    const absl::Status mask = CheckRle(row.encoded_pixels, width, height);
    if (!mask.ok()) Note("bad mask", row.line, mask.message());
  }

  void AddAttributes(const LabelRow& row, ImageRecord* image) {
    for (uint32_t id : row_labels_.attribute_ids) {
      const std::optional<int> column = attributes_.Find(id);
      if (!column.has_value()) {
        Note("unknown attribute id", row.line, absl::StrCat(id));
        continue;
      }
      image->attributes.push_back(*column);
      image->attributes_known = true;
    }
  }

  static void SortUnique(std::vector<int>* columns) {
    std::sort(columns->begin(), columns->end());
    columns->erase(std::unique(columns->begin(), columns->end()), columns->end());
  }

  const ColumnIndex classes_;
  const ColumnIndex attributes_;
  const std::string csv_;
  IssueLog* issues_;
  RowLabels row_labels_;
  int64_t rows_ = 0;
  std::vector<int64_t> class_rows_;
  std::vector<ImageRecord> images_;
  absl::flat_hash_map<std::string, size_t> by_id_;
  absl::flat_hash_map<uint64_t, int64_t> seen_;  // Hash of a row -> its line.
  size_t last_image_ = 0;
};

// Sets the paths; leaves out images without a file, or with an empty one.
absl::Status FindFiles(const std::string& folder, const std::string& csv,
                       std::vector<ImageRecord>* images, IssueLog* issues) {
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> listed, ListDirectory(folder));
  const absl::flat_hash_set<std::string> names(listed.begin(), listed.end());
  const auto is_useless = [&](ImageRecord& image) {
    const std::string place = absl::StrCat(csv, ":", image.line, ": ");
    std::string name = absl::StrCat(image.id, ".jpg");
    if (!names.contains(name)) name = image.id;
    image.path = JoinPath(folder, name);
    if (!names.contains(name)) {
      issues->Add("missing image file", absl::StrCat(place, image.path, "[.jpg] is not there"));
      return true;
    }
    if (FileSize(image.path).value_or(1) > 0) return false;
    issues->Add("empty image file", absl::StrCat(place, image.path, " has no bytes"));
    return true;
  };
  // In order, so that the examples are the same every time.
  images->erase(std::remove_if(images->begin(), images->end(), is_useless), images->end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FashionData> ReadImaterialist(const std::string& root, const std::string& csv,
                                             const std::string& image_folder) {
  const std::string descriptions_path = JoinPath(root, "label_descriptions.json");
  LB_ASSIGN_OR_RETURN(const std::string descriptions,
                      ReadFile(descriptions_path, kMaxDescriptionBytes));
  FashionData data;
  LB_ASSIGN_OR_RETURN(data.labels, ParseLabelDescriptions(descriptions, descriptions_path));

  IssueLog issues;
  Sha256 hash;
  RowGatherer rows(data.labels, csv, &issues);
  LB_RETURN_IF_ERROR(
      ReadLabelCsv(JoinPath(root, csv), &hash,
                   {[&](const LabelRow& row) { rows.Add(row); },
                    [&](int64_t line, absl::string_view why) { rows.Malformed(line, why); },
                    [&](int64_t line, absl::string_view what, absl::string_view why) {
                      rows.Note(what, line, why);
                    }}));
  hash.Update(descriptions);
  data.sha256 = hash.HexDigest();
  rows.TakeInto(&data);
  LB_RETURN_IF_ERROR(FindFiles(JoinPath(root, image_folder), csv, &data.images, &issues));
  data.issues = issues.Take();
  if (!data.images.empty()) return data;

  std::string message = absl::StrCat(JoinPath(root, csv), ": no usable row");
  for (const DataIssue& issue : data.issues) {
    absl::StrAppend(&message, "; ", issue.what, " x", issue.count, " (", issue.examples.front(),
                    ")");
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace lookbook
