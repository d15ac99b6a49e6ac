// Everything that is measured on one labelled set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/alignment.h"
#include "models/evaluate/co_occurrence.h"
#include "models/evaluate/diagnostics.h"
#include "models/evaluate/gallery.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"

namespace lookbook {

// Model outputs for some images, row-major.
struct SetOutputs {
  int dim = 0;
  std::vector<float> vectors;           // float32[n, dim], unit rows
  std::vector<float> scores;            // float32[n, classes]
  std::vector<float> attribute_scores;  // float32[n, attributes]; empty when the model has none
  // One a class, tuned on other images; empty when there are none.
  std::vector<float> thresholds;
};

inline constexpr int kCommonPairs = 20;

struct SetEvaluation {
  std::string split;  // Which set: "holdout", "test", …
  int64_t images = 0;
  std::vector<Label> classes;  // Column j of `classification`.
  ClassificationMetrics classification;
  std::optional<ClassificationMetrics> tuned;       // At the tuned thresholds.
  std::vector<float> thresholds;                    // Those; empty when there are none.
  std::optional<ClassificationMetrics> attributes;  // Over the images whose attributes are known.
  int64_t attribute_images = 0;
  std::vector<CoOccurrence> pairs;           // The commonest kCommonPairs.
  double mean_prevalence = 0;                // mAP of a constant score.
  std::optional<double> top1_accuracy;       // None unless every image has exactly one class.
  RetrievalMetrics retrieval;                // Leave-one-out inside the set, by class labels.
  std::vector<QueryMetrics> queries;         // What `retrieval` is the mean of, image by image.
  RetrievalMetrics random;                   // Chance, in expectation.
  RetrievalMetrics frequency;                // Commonest labels first.
  std::optional<GalleryEvaluation> gallery;  // The set against the catalogue.
  EmbeddingDiagnostics diagnostics;
  Alignment alignment;  // Positive: more than two shared classes, as in recall_at_1.
  Hubness hubness;      // Of the top 10.
  LabelCollapse label_collapse;
};

// `gallery`: what else the images are compared with, by `labels`; null = with themselves alone.
// InvalidArgument: no image, or outputs or a gallery of another size than `images` and `labels` ask
// for.
absl::StatusOr<SetEvaluation> EvaluateSet(const std::string& split, const LabelSpace& labels,
                                          absl::Span<const ImageRecord> images,
                                          const SetOutputs& outputs,
                                          const Gallery* gallery = nullptr);

// The class labels (or the attributes) of `images` as a matrix.
LabelMatrix ClassMatrix(const LabelSpace& labels, absl::Span<const ImageRecord> images);
LabelMatrix AttributeMatrix(const LabelSpace& labels, absl::Span<const ImageRecord> images);

// Those of EvaluationValues that are means over queries.
std::map<std::string, double> RetrievalValues(const RetrievalMetrics& retrieval);

// The headline numbers by name; docs/training.md lists them. Names are stable: a manifest carries
// them.
std::map<std::string, double> EvaluationValues(const SetEvaluation& evaluation);

}  // namespace lookbook
