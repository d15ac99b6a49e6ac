#include "models/commands/prediction_csv.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "models/report/csv_field.h"

namespace lookbook {
namespace {

constexpr float kAttributeThreshold = 0.5f;

// A label as one of a list that "|" joins.
std::string ListEntry(const std::string& name) {
  return absl::StrReplaceAll(name, {{"\\", "\\\\"}, {"|", "\\|"}});
}

// Names whose score is above its threshold, as a field.
std::string Predicted(const std::vector<Label>& labels, const float* scores,
                      const std::vector<float>& thresholds) {
  std::string out;
  for (size_t j = 0; j < labels.size(); ++j) {
    if (scores[j] > thresholds[j])
      absl::StrAppend(&out, out.empty() ? "" : "|", ListEntry(labels[j].name));
  }
  return CsvTextField(out);
}

std::string Header(const LabelSpace& labels, bool attributes) {
  std::string out = "file,error,predicted";
  if (attributes) absl::StrAppend(&out, ",predicted attributes");
  for (const Label& label : labels.classes)
    absl::StrAppend(&out, ",", CsvField(absl::StrCat("class: ", label.name)));
  for (const Label& label : labels.attributes) {
    if (attributes) absl::StrAppend(&out, ",", CsvField(absl::StrCat("attribute: ", label.name)));
  }
  return out + "\n";
}

bool IsPicture(const std::filesystem::path& path) {
  const std::string extension = absl::AsciiStrToLower(path.extension().string());
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

}  // namespace

std::string PredictionsToCsv(const LabelSpace& labels, const std::vector<float>& thresholds,
                             const std::vector<ImageRecord>& images, const EmbeddedCorpus& corpus) {
  const bool attributes = !corpus.attribute_scores.empty();
  const std::vector<float> halves(labels.attributes.size(), kAttributeThreshold);
  const size_t scored = labels.classes.size() + (attributes ? labels.attributes.size() : 0);
  std::string out = Header(labels, attributes);
  size_t read = 0, unreadable = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    absl::StrAppend(&out, CsvTextField(images[i].id), ",");
    if (read == corpus.images.size() || corpus.images[read] != static_cast<int64_t>(i)) {
      absl::string_view why = corpus.unreadable[unreadable++];
      absl::ConsumePrefix(&why, absl::StrCat(images[i].id, ": "));
      absl::StrAppend(&out, CsvTextField(why), ",", attributes ? "," : "", std::string(scored, ','),
                      "\n");
      continue;
    }
    const float* scores = corpus.scores.data() + read * labels.classes.size();
    absl::StrAppend(&out, ",", Predicted(labels.classes, scores, thresholds));
    const float* attribute_scores =
        attributes ? corpus.attribute_scores.data() + read * labels.attributes.size() : nullptr;
    if (attributes)
      absl::StrAppend(&out, ",", Predicted(labels.attributes, attribute_scores, halves));
    for (size_t j = 0; j < labels.classes.size(); ++j)
      absl::StrAppendFormat(&out, ",%.6g", scores[j]);
    for (size_t j = 0; attributes && j < labels.attributes.size(); ++j)
      absl::StrAppendFormat(&out, ",%.6g", attribute_scores[j]);
    absl::StrAppend(&out, "\n");
    ++read;
  }
  return out;
}

absl::StatusOr<std::vector<ImageRecord>> ListPictures(const std::string& folder) {
  if (!IsDirectory(folder)) return absl::NotFoundError(absl::StrCat("no folder ", folder));
  std::vector<ImageRecord> out;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;  // A link to nowhere is no picture.
    if (!at->is_regular_file(gone) || !IsPicture(at->path())) continue;
    out.push_back(
        {.id = at->path().lexically_relative(folder).string(), .path = at->path().string()});
  }
  if (error) return absl::UnavailableError(absl::StrCat("list ", folder, ": ", error.message()));
  if (out.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(folder, " holds no .jpg, .jpeg or .png file"));
  }
  std::sort(out.begin(), out.end(),
            [](const ImageRecord& a, const ImageRecord& b) { return a.id < b.id; });
  return out;
}

}  // namespace lookbook
