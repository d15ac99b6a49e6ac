#include "models/dataset/fashion_data.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

constexpr size_t kMaxExamples = 5;
constexpr uint64_t kMaxDescriptionBytes = 64 << 20;

// Counts oddities by kind, in the order in which the kinds first came.
class IssueLog {
 public:
  void Add(absl::string_view what, std::string example) {
    auto issue = std::find_if(issues_.begin(), issues_.end(),
                              [&](const DataIssue& known) { return known.what == what; });
    if (issue == issues_.end()) issue = issues_.insert(issues_.end(), {std::string(what), 0, {}});
    ++issue->count;
    if (issue->examples.size() < kMaxExamples) issue->examples.push_back(std::move(example));
  }
  std::vector<DataIssue> Take() { return std::move(issues_); }

 private:
  std::vector<DataIssue> issues_;
};

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

// Gathers rows into images.
class RowGatherer {
 public:
  RowGatherer(const LabelSpace& labels, std::string csv, IssueLog* issues)
      : classes_(labels.classes),
        attributes_(labels.attributes),
        csv_(std::move(csv)),
        issues_(issues) {}

  void Malformed(int64_t line, absl::string_view why) {
    issues_->Add("malformed row", Place(line, why));
  }

  void Add(const LabelRow& row) {
    const std::string wrong = ParseRowLabels(row, &row_labels_);
    if (!wrong.empty()) return Malformed(row.line, wrong);
    const absl::string_view id = absl::StripSuffix(row.image_id, ".jpg");
    auto found = by_id_.find(id);
    if (found == by_id_.end() && !IsGoodImageId(id))
      return Malformed(row.line, "ImageId is no name");
    const std::optional<int> column = classes_.Find(row_labels_.class_id);
    if (!column.has_value()) {
      return issues_->Add("unknown class id", Place(row.line, absl::StrCat(row_labels_.class_id)));
    }
    if (found == by_id_.end()) {
      found = by_id_.emplace(std::string(id), images_.size()).first;
      images_.emplace_back().id = std::string(id);
    }
    ImageRecord& image = images_[found->second];
    image.classes.push_back(*column);
    AddAttributes(row, &image);
  }

  std::vector<ImageRecord> Take() {
    for (ImageRecord& image : images_) {
      SortUnique(&image.classes);
      SortUnique(&image.attributes);
    }
    std::sort(images_.begin(), images_.end(),
              [](const ImageRecord& a, const ImageRecord& b) { return a.id < b.id; });
    return std::move(images_);
  }

 private:
  std::string Place(int64_t line, absl::string_view why) const {
    return absl::StrCat(csv_, ":", line, ": ", why);
  }

  void AddAttributes(const LabelRow& row, ImageRecord* image) {
    for (uint32_t id : row_labels_.attribute_ids) {
      const std::optional<int> column = attributes_.Find(id);
      if (!column.has_value()) {
        issues_->Add("unknown attribute id", Place(row.line, absl::StrCat(id)));
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
  std::vector<ImageRecord> images_;
  absl::flat_hash_map<std::string, size_t> by_id_;
};

// Sets the paths; leaves out images without a file.
absl::Status FindFiles(const std::string& folder, std::vector<ImageRecord>* images,
                       IssueLog* issues) {
  LB_ASSIGN_OR_RETURN(const std::vector<std::string> listed, ListDirectory(folder));
  const absl::flat_hash_set<std::string> names(listed.begin(), listed.end());
  const auto has_no_file = [&](ImageRecord& image) {
    std::string name = absl::StrCat(image.id, ".jpg");
    if (!names.contains(name)) name = image.id;
    image.path = JoinPath(folder, name);
    if (names.contains(name)) return false;
    issues->Add("missing image file", absl::StrCat(image.path, "[.jpg]"));
    return true;
  };
  // In order, so that the examples are the same every time.
  images->erase(std::remove_if(images->begin(), images->end(), has_no_file), images->end());
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
                    [&](int64_t line, absl::string_view why) { rows.Malformed(line, why); }}));
  hash.Update(descriptions);
  data.sha256 = hash.HexDigest();
  data.images = rows.Take();
  LB_RETURN_IF_ERROR(FindFiles(JoinPath(root, image_folder), &data.images, &issues));
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
