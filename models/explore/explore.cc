#include "models/explore/explore.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/dataset/random.h"
#include "models/dataset/split.h"

namespace lookbook {
namespace {

std::string FolderOf(const std::string& csv) { return std::string(absl::StripSuffix(csv, ".csv")); }

// Names of files in a folder but hidden ones; empty when there is no such folder.
std::vector<std::string> FilesIn(const std::string& folder) {
  const absl::StatusOr<std::vector<std::string>> listed = ListDirectory(folder);
  std::vector<std::string> names;
  if (!listed.ok()) return names;
  for (const std::string& name : *listed) {
    if (name[0] != '.' && !IsDirectory(JoinPath(folder, name))) names.push_back(name);
  }
  return names;
}

// Fills an Exploration in, stage by stage.
class Explorer {
 public:
  explicit Explorer(const ExploreOptions& options) { out_.options = options; }

  absl::StatusOr<Exploration> Run() {
    LB_RETURN_IF_ERROR(Timed(&out_.seconds.labels, [&] { return ReadLabels(); }));
    LB_RETURN_IF_ERROR(Timed(&out_.seconds.pairs, [&] { return CountLabels(); }));
    LB_RETURN_IF_ERROR(Timed(&out_.seconds.pictures, [&] { return Survey(); }));
    LB_RETURN_IF_ERROR(Timed(&out_.seconds.copies, [&] { return FindCopies(); }));
    LB_RETURN_IF_ERROR(ChooseSamples());
    out_.issues = log_.Take();
    return std::move(out_);
  }

 private:
  template <typename Fn>
  static absl::Status Timed(double* seconds, Fn&& stage) {
    const absl::Time start = absl::Now();
    LB_RETURN_IF_ERROR(stage());
    *seconds = absl::ToDoubleSeconds(absl::Now() - start);
    return absl::OkStatus();
  }

  void Report(absl::string_view phase, int64_t done, int64_t total) const {
    if (out_.options.progress) out_.options.progress(phase, done, total);
  }

  absl::Status ReadLabels() {
    const ExploreOptions& options = out_.options;
    Report("labels", 0, 0);
    LB_ASSIGN_OR_RETURN(out_.data,
                        ReadImaterialist(options.root, options.csv, FolderOf(options.csv)));
    log_ = IssueLog(out_.data.issues);
    LB_RETURN_IF_ERROR(AddSplit());
    AddHoldout();
    AddUnlabelled();
    FindUnlisted();
    return absl::OkStatus();
  }

  void AddImage(const ImageRecord& record, int part) {
    SurveyedImage& image = out_.images.emplace_back();
    image.id = record.id;
    image.path = record.path;
    image.line = record.line;
    image.part = part;
    ++out_.parts[part].images;
  }

  absl::Status AddSplit() {
    LB_ASSIGN_OR_RETURN(const Split split,
                        MakeSplit(out_.options.split, out_.data, out_.options.seed));
    const std::pair<const char*, const std::vector<int64_t>*> named[] = {
        {"train", &split.train}, {"validation", &split.validation}, {"test", &split.test}};
    std::vector<int> part_of(out_.data.images.size(), 0);
    for (const auto& [name, rows] : named) {
      if (rows->empty()) continue;
      for (int64_t row : *rows) part_of[row] = static_cast<int>(out_.parts.size());
      out_.parts.push_back({name});
    }
    for (size_t i = 0; i < part_of.size(); ++i) AddImage(out_.data.images[i], part_of[i]);
    return absl::OkStatus();
  }

  void AddHoldout() {
    const ExploreOptions& options = out_.options;
    const std::string path = JoinPath(options.root, options.holdout_csv);
    if (options.holdout_csv.empty() || options.holdout_csv == options.csv || !PathExists(path))
      return;
    const absl::StatusOr<FashionData> holdout =
        ReadImaterialist(options.root, options.holdout_csv, FolderOf(options.holdout_csv));
    if (!holdout.ok()) return log_.Add("unusable holdout", std::string(holdout.status().message()));
    log_.Merge(holdout->issues);
    holdout_ = static_cast<int>(out_.parts.size());
    out_.parts.push_back({"holdout"});
    for (const ImageRecord& image : holdout->images) AddImage(image, holdout_);
  }

  void AddUnlabelled() {
    const std::string folder = JoinPath(out_.options.root, out_.options.unlabelled);
    const std::vector<std::string> names = FilesIn(folder);
    if (names.empty()) return;
    const int part = static_cast<int>(out_.parts.size());
    out_.parts.push_back({"unlabelled", false});
    for (const std::string& name : names) {
      ImageRecord record;
      record.id = name;
      record.path = JoinPath(folder, name);
      AddImage(record, part);
    }
  }

  void FindUnlisted() {
    absl::flat_hash_set<std::string> listed;
    for (const SurveyedImage& image : out_.images) listed.insert(image.path);
    const std::string folder = JoinPath(out_.options.root, FolderOf(out_.options.csv));
    for (const std::string& name : FilesIn(folder)) {
      const std::string path = JoinPath(folder, name);
      if (!listed.contains(path) && FileSize(path).value_or(0) > 0) out_.unlisted.push_back(name);
    }
  }

  absl::Status CountLabels() {
    out_.labels = DescribeLabels(out_.data);
    out_.pairs =
        CountLabelPairs(out_.data.images, static_cast<int>(out_.data.labels.classes.size()));
    return absl::OkStatus();
  }

  absl::Status Survey() {
    const SurveyOptions options = {
        out_.options.threads, out_.options.hashes,
        [this](int64_t done, int64_t total) { Report("pictures", done, total); }};
    LB_RETURN_IF_ERROR(SurveyImages(options, &out_.images));
    for (const SurveyedImage& image : out_.images) NoteUnreadable(image);
    for (size_t i = 0; i < out_.data.images.size(); ++i)
      NoteUnfit(out_.data.images[i], out_.images[i]);
    out_.sizes = DescribeSizes(out_.images, out_.options.extremes);
    return absl::OkStatus();
  }

  std::string PlaceOf(const SurveyedImage& image) const {
    if (image.line == 0) return "";
    const ExploreOptions& options = out_.options;
    return absl::StrCat(image.part == holdout_ ? options.holdout_csv : options.csv, ":", image.line,
                        ": ");
  }

  void NoteUnreadable(const SurveyedImage& image) {
    if (image.error.empty()) return;
    ++out_.parts[image.part].unreadable;
    log_.Add("unreadable image", absl::StrCat(PlaceOf(image), image.path, ": ", image.error));
  }

  void NoteUnfit(const ImageRecord& record, const SurveyedImage& image) {
    if (record.width == 0 || image.width == 0) return;
    const bool fits = (record.width == image.width && record.height == image.height) ||
                      (record.width == image.height && record.height == image.width);
    if (fits) return;
    log_.Add("mask does not fit its image",
             absl::StrCat(PlaceOf(image), record.width, "x", record.height, ", but ", image.path,
                          " is ", image.width, "x", image.height));
  }

  absl::Status FindCopies() {
    if (!out_.options.hashes) return absl::OkStatus();
    std::vector<int64_t> rows;
    std::vector<uint64_t> hashes;
    std::vector<int> parts;
    for (size_t i = 0; i < out_.images.size(); ++i) {
      if (!out_.images[i].error.empty()) continue;
      rows.push_back(static_cast<int64_t>(i));
      hashes.push_back(out_.images[i].hash);
      parts.push_back(out_.images[i].part);
    }
    Report("copies", 0, 0);
    out_.copies = FindNearDuplicates(hashes, parts, static_cast<int>(out_.parts.size()), {});
    for (std::vector<NearPair>* pairs : {&out_.copies.within_pairs, &out_.copies.across_pairs}) {
      for (NearPair& pair : *pairs) {
        pair.a = rows[pair.a];
        pair.b = rows[pair.b];
      }
    }
    return absl::OkStatus();
  }

  // Readable labelled pictures, drawn by the seed.
  absl::Status ChooseSamples() {
    std::vector<int64_t> rows;
    for (size_t i = 0; i < out_.data.images.size(); ++i) {
      if (out_.images[i].error.empty()) rows.push_back(static_cast<int64_t>(i));
    }
    Random random(MixSeed({static_cast<uint64_t>(out_.options.seed), rows.size()}));
    random.Shuffle(&rows);
    rows.resize(std::min<size_t>(rows.size(), std::max(out_.options.samples, 0)));
    if (rows.empty()) return absl::OkStatus();
    LB_ASSIGN_OR_RETURN(out_.samples, ReadMaskSamples(JoinPath(out_.options.root, out_.options.csv),
                                                      out_.data, rows));
    return absl::OkStatus();
  }

  Exploration out_;
  IssueLog log_;
  int holdout_ = -1;
};

int64_t SumImages(const Exploration& explored, bool labelled) {
  int64_t sum = 0;
  for (const ExploredPart& part : explored.parts) {
    if (part.labelled == labelled) sum += part.images;
  }
  return sum;
}

}  // namespace

int64_t Exploration::labelled() const { return SumImages(*this, true); }
int64_t Exploration::unlabelled() const { return SumImages(*this, false); }

int64_t Exploration::unreadable() const {
  int64_t sum = 0;
  for (const ExploredPart& part : parts) sum += part.unreadable;
  return sum;
}

absl::StatusOr<Exploration> Explore(const ExploreOptions& options) {
  return Explorer(options).Run();
}

}  // namespace lookbook
