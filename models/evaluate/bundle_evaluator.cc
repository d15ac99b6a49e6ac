#include "models/evaluate/bundle_evaluator.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "models/indexing/corpus_embedder.h"

namespace lookbook {
namespace {

absl::StatusOr<std::vector<int>> TranslateColumns(const std::vector<Label>& from,
                                                  const std::map<uint32_t, int>& to,
                                                  const std::vector<int>& columns, const char* kind,
                                                  const std::string& image) {
  std::vector<int> out;
  for (const int column : columns) {
    const auto found = to.find(from[column].id);
    if (found == to.end()) {
      return absl::InvalidArgumentError(absl::StrCat("image ", image, " carries ", kind, " ",
                                                     from[column].id, " (", from[column].name,
                                                     "), which the model does not know"));
    }
    out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::map<uint32_t, int> ColumnsById(const std::vector<Label>& labels) {
  std::map<uint32_t, int> out;
  for (size_t i = 0; i < labels.size(); ++i) out[labels[i].id] = static_cast<int>(i);
  return out;
}

}  // namespace

absl::StatusOr<std::vector<ImageRecord>> TranslateLabels(const LabelSpace& from,
                                                         const LabelSpace& to,
                                                         const std::vector<ImageRecord>& images) {
  const std::map<uint32_t, int> classes = ColumnsById(to.classes),
                                attributes = ColumnsById(to.attributes);
  std::vector<ImageRecord> out = images;
  for (ImageRecord& image : out) {
    LB_ASSIGN_OR_RETURN(image.classes,
                        TranslateColumns(from.classes, classes, image.classes, "class", image.id));
    LB_ASSIGN_OR_RETURN(
        image.attributes,
        TranslateColumns(from.attributes, attributes, image.attributes, "attribute", image.id));
  }
  return out;
}

absl::StatusOr<ModelEvaluation> EvaluateModel(const ServedModel& model, const LabelSpace& labels,
                                              const std::vector<ImageRecord>& images,
                                              const EvaluateOptions& options) {
  LB_ASSIGN_OR_RETURN(const std::vector<ImageRecord> translated,
                      TranslateLabels(labels, model.labels, images));
  const absl::Time start = absl::Now();
  LB_ASSIGN_OR_RETURN(EmbeddedCorpus corpus,
                      EmbedImages(translated, model.spec, model.embedder,
                                  {.threads = options.threads, .progress = options.progress}));
  ModelEvaluation out;
  out.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  out.images_per_second = static_cast<double>(corpus.images.size()) / std::max(out.seconds, 1e-9);
  out.unreadable = std::move(corpus.unreadable);
  std::vector<ImageRecord> read;
  for (const int64_t image : corpus.images) read.push_back(translated[image]);
  SetOutputs outputs{.dim = model.embedder.shape().dim,
                     .vectors = std::move(corpus.vectors),
                     .scores = std::move(corpus.scores),
                     .attribute_scores = std::move(corpus.attribute_scores),
                     .thresholds = options.thresholds};
  LB_ASSIGN_OR_RETURN(out.set,
                      EvaluateSet(options.split, model.labels, read, outputs, options.gallery));
  out.images = std::move(read);
  out.scores = std::move(outputs.scores);
  return out;
}

}  // namespace lookbook
