#include "models/commands/bundle_measurement.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/status_macros.h"
#include "engine/embed/torchscript_embedder.h"
#include "models/commands/cores.h"
#include "models/commands/index_gallery.h"
#include "models/commands/manifest_builder.h"
#include "models/commands/pipeline.h"
#include "models/commands/progress.h"
#include "models/dataset/split.h"

namespace lookbook {

namespace {

void WarnOfTrainedOn(const Bundle& bundle, const std::vector<ImageRecord>& images) {
  const TrainedOn known = ImagesTrainedOn(bundle, images);
  if (known.images == 0) return;
  std::fprintf(
      stderr,
      "bundle   %s was trained on %lld of these %zu pictures (the first: %s): its figures say "
      "little of others. --split SPLIT.JSON of its run leaves the test part\n",
      bundle.id.c_str(), static_cast<long long>(known.images), images.size(), known.first.c_str());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundleOrRoot(const std::string& directory) {
  SetNumericThreads(1);
  if (PathExists(JoinPath(directory, kManifestFile))) return OpenBundle(directory, {});
  return OpenCurrentBundle(directory, {});
}

std::vector<float> TunedThresholds(const Manifest& manifest) {
  std::vector<float> out;
  if (!manifest.has_calibration()) return out;
  for (const auto& entry : manifest.classes()) out.push_back(entry.threshold());
  return out;
}

TrainedOn ImagesTrainedOn(const Bundle& bundle, const std::vector<ImageRecord>& images) {
  TrainedOn out;
  for (const ImageRecord& image : images) {
    if (!bundle.items->RowOf(image.id).ok()) continue;
    if (out.images == 0) out.first = image.id;
    ++out.images;
  }
  return out;
}

absl::StatusOr<ModelEvaluation> MeasureBundle(const Bundle& bundle, const FashionData& data,
                                              const std::string& split, bool gallery) {
  WarnOfTrainedOn(bundle, data.images);
  const ServedModel model{*bundle.embedder, bundle.preprocess, LabelsOf(bundle.manifest)};
  std::optional<Gallery> items;
  if (gallery) {
    LB_ASSIGN_OR_RETURN(items, ReadGallery(*bundle.index, *bundle.items, model.labels));
  }
  ProgressLine progress("evaluate");
  LB_ASSIGN_OR_RETURN(ModelEvaluation evaluation,
                      EvaluateModel(model, data.labels, data.images,
                                    {.split = split,
                                     .threads = Cores(),
                                     .thresholds = TunedThresholds(bundle.manifest),
                                     .gallery = items.has_value() ? &*items : nullptr,
                                     .progress = [&](int64_t done, int64_t total) {
                                       progress.Update(done, total);
                                     }}));
  progress.Finish();
  for (const std::string& line : evaluation.unreadable)
    std::fprintf(stderr, "cannot read %s\n", line.c_str());
  return evaluation;
}

RunOutputs OutputsOf(const std::string& name, ModelEvaluation evaluation) {
  RunOutputs out{.name = name};
  out.labels = ClassMatrix({.classes = evaluation.set.classes}, evaluation.images);
  for (const ImageRecord& image : evaluation.images) out.image_ids.push_back(image.id);
  out.queries = std::move(evaluation.set.queries);
  out.scores = std::move(evaluation.scores);
  out.thresholds = std::move(evaluation.set.thresholds);
  return out;
}

absl::StatusOr<FashionData> ReadSet(const std::string& root, const std::string& csv,
                                    const std::string& images) {
  const std::string name(absl::StripSuffix(csv, ".csv"));
  LB_ASSIGN_OR_RETURN(FashionData data,
                      ReadImaterialist(root, csv, images.empty() ? name : images));
  PrintIssues(data);
  return data;
}

absl::Status KeepTestPart(const std::string& split_file, FashionData* data) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(split_file));
  const absl::StatusOr<Split> split = SplitFromJson(text, *data);
  if (!split.ok()) return WithPrefix(split_file, split.status());
  if (split->test.empty())
    return absl::InvalidArgumentError(absl::StrCat(split_file, " has no test part"));
  std::vector<ImageRecord> images;
  for (const int64_t row : split->test) images.push_back(data->images[row]);
  data->images = std::move(images);
  return absl::OkStatus();
}

}  // namespace lookbook
