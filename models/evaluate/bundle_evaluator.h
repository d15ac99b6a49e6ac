// Evaluates what will be served: the exported model, on image files, through the engine's own
// decoding, preprocessing and embedding. Never the training network.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/embed/embedder.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/set_evaluation.h"

namespace lookbook {

// Not owned. Column j of the scores is labels.classes[j].
struct ServedModel {
  const Embedder& embedder;
  PreprocessSpec spec;
  LabelSpace labels;
};

struct EvaluateOptions {
  std::string split = "test";  // What the set is called in reports.
  int threads = 1;
  // One a class of the model, tuned on other images; empty = F1 at 0.5 alone.
  std::vector<float> thresholds;
  const Gallery* gallery = nullptr;  // Of the model's vectors and columns; null = none. Not owned.
  std::function<void(int64_t done, int64_t total)> progress;
};

struct ModelEvaluation {
  SetEvaluation set;
  std::vector<ImageRecord> images;  // Those that could be read, with the model's columns.
  std::vector<float> scores;        // Theirs, float32[n, classes].
  double seconds = 0;               // Decoding to scores, all threads together.
  double images_per_second = 0;
  std::vector<std::string> unreadable;  // "ID: why"; left out.
};

// `images` are labelled by `labels`, whose ids (not columns) are matched with the model's.
// InvalidArgument: no image can be read, or `labels` has a class or attribute that an image carries
// and the model does not know (named). Cancelled: StopRequested().
absl::StatusOr<ModelEvaluation> EvaluateModel(const ServedModel& model, const LabelSpace& labels,
                                              const std::vector<ImageRecord>& images,
                                              const EvaluateOptions& options);

// `images` with columns of `to` instead of columns of `from`; labels are the same when their ids
// are.
absl::StatusOr<std::vector<ImageRecord>> TranslateLabels(const LabelSpace& from,
                                                         const LabelSpace& to,
                                                         const std::vector<ImageRecord>& images);

}  // namespace lookbook
