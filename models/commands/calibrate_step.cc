// Pipeline::Calibrate: what the exported model's similarities and scores mean.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/calibration_file.h"
#include "models/commands/cores.h"
#include "models/commands/index_gallery.h"
#include "models/commands/pipeline.h"
#include "models/commands/progress.h"
#include "models/dataset/random.h"
#include "models/evaluate/calibration.h"
#include "models/evaluate/gallery.h"
#include "models/evaluate/set_evaluation.h"
#include "models/indexing/corpus_embedder.h"

namespace lookbook {
namespace {

constexpr size_t kLeastSample = 200;
constexpr size_t kLeastQueries = 2;
constexpr uint64_t kSampleSeed = 0x63616c69;

struct QueryRows {
  std::string source;
  std::vector<int64_t> rows;  // Of the data set.
};

// The validation part. Without one, a tenth of the training part (all of it when it is small):
// never the set that the model is judged on.
QueryRows PickQueries(const Split& split, int64_t seed) {
  if (split.validation.size() >= kLeastQueries) return {"validation", split.validation};
  const size_t all = split.train.size();
  const size_t size = std::max(all / 10, std::min(all, kLeastSample));
  std::vector<int64_t> rows = split.train;
  Random random(MixSeed({static_cast<uint64_t>(seed), kSampleSeed}));
  random.Shuffle(&rows);
  rows.resize(size);
  std::sort(rows.begin(), rows.end());
  return {absl::StrCat("sample of ", size, " of ", all, " training images, leave-one-out"),
          std::move(rows)};
}

void PrintCalibration(const CalibrationResult& result) {
  std::printf(
      "calibrate %s: %lld queries, %zu knots, calibration error %.3f -> %.3f; novel below %.3f\n",
      result.source.c_str(), static_cast<long long>(result.queries), result.knots.size(),
      result.ece_before, result.ece_after, result.novelty_similarity);
  for (const auto& [answers, bins] : {std::pair("first answer", &result.reliability_first),
                                      std::pair("ten answers ", &result.reliability)}) {
    const ReliabilityBin all = Pooled(*bins);
    std::printf("calibrate %s: predicted %.3f, observed %.3f; calibration error %.3f\n", answers,
                all.predicted, all.observed, ExpectedCalibrationError(*bins));
  }
}

}  // namespace

absl::Status Pipeline::Calibrate() {
  LB_ASSIGN_OR_RETURN(const std::string inputs, CalibrateInputs());
  return Step("calibrate", inputs, {"calibration.json"}, [this] { return CalibrateNow(); });
}

absl::Status Pipeline::CalibrateNow() {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> model, OpenModel());
  const QueryRows queries = PickQueries(split_, recipe_.seed);
  if (split_.validation.size() < kLeastQueries) {
    std::fprintf(stderr, "calibrate there is no validation part: this is of a %s\n",
                 queries.source.c_str());
  }
  std::vector<ImageRecord> images;
  for (const int64_t row : queries.rows) images.push_back(data_.images[row]);
  ProgressLine progress("calibrate");
  LB_ASSIGN_OR_RETURN(
      EmbeddedCorpus corpus,
      EmbedImages(images, spec_, *model,
                  {.threads = Cores(), .progress = [&](int64_t done, int64_t total) {
                     progress.Update(done, total);
                   }}));
  progress.Finish();
  LB_RETURN_IF_ERROR(
      problems_.AddUnreadable(recipe_.data.csv, UnreadablePictures(images, corpus.unreadable)));
  CalibrationSet set{.source = queries.source,
                     .dim = model->shape().dim,
                     .query_vectors = std::move(corpus.vectors),
                     .query_scores = std::move(corpus.scores)};
  LB_ASSIGN_OR_RETURN(Gallery gallery,
                      OpenGallery(work_.Path("index"), recipe_.index_spec, data_.labels, set.dim));
  std::vector<ImageRecord> read;
  for (const int64_t image : corpus.images) read.push_back(images[image]);
  set.own_rows = OwnRows(read, gallery);
  set.gallery_vectors = std::move(gallery.vectors);
  set.gallery_labels = std::move(gallery.labels);
  set.query_labels = ClassMatrix(data_.labels, read);
  LB_ASSIGN_OR_RETURN(const CalibrationResult result, lookbook::Calibrate(set));
  PrintCalibration(result);
  return WriteCalibration(work_.Path("calibration.json"), ToFacts(result));
}

}  // namespace lookbook
