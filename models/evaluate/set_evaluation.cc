#include "models/evaluate/set_evaluation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "models/evaluate/chance.h"
#include "models/evaluate/single_label.h"

namespace lookbook {
namespace {

LabelMatrix ToMatrix(size_t columns, absl::Span<const ImageRecord> images,
                     std::vector<int> ImageRecord::*member) {
  LabelMatrix out;
  out.n = static_cast<int64_t>(images.size());
  out.classes = static_cast<int>(columns);
  out.values.assign(images.size() * columns, 0);
  for (size_t row = 0; row < images.size(); ++row) {
    for (const int column : images[row].*member) out.values[row * columns + column] = 1;
  }
  return out;
}

absl::Status CheckSize(const char* what, size_t size, size_t rows, size_t columns) {
  if (size == rows * columns) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": ", size, " values for ", rows, " images of ", columns, " columns"));
}

absl::Status CheckOutputs(const LabelSpace& labels, size_t images, const SetOutputs& outputs) {
  if (outputs.dim < 1) return absl::InvalidArgumentError("embeddings have no dimension");
  const size_t attributes = outputs.attribute_scores.empty() ? 0 : labels.attributes.size();
  const size_t classes = labels.classes.size();
  LB_RETURN_IF_ERROR(CheckSize("embeddings", outputs.vectors.size(), images, outputs.dim));
  LB_RETURN_IF_ERROR(CheckSize("scores", outputs.scores.size(), images, classes));
  LB_RETURN_IF_ERROR(
      CheckSize("attribute scores", outputs.attribute_scores.size(), images, attributes));
  if (outputs.thresholds.empty()) return absl::OkStatus();
  return CheckSize("thresholds", outputs.thresholds.size(), 1, classes);
}

// The attributes of the images whose attributes are known.
void EvaluateAttributes(const LabelSpace& labels, absl::Span<const ImageRecord> images,
                        const SetOutputs& outputs, SetEvaluation* out) {
  const size_t columns = labels.attributes.size();
  std::vector<ImageRecord> known;
  std::vector<float> scores;
  for (size_t row = 0; row < images.size(); ++row) {
    if (!images[row].attributes_known) continue;
    known.push_back(images[row]);
    const auto begin = outputs.attribute_scores.begin() + static_cast<ptrdiff_t>(row * columns);
    scores.insert(scores.end(), begin, begin + static_cast<ptrdiff_t>(columns));
  }
  out->attribute_images = static_cast<int64_t>(known.size());
  if (!known.empty())
    out->attributes = EvaluateClassification(scores, AttributeMatrix(labels, known));
}

double MeanPrevalence(const ClassificationMetrics& metrics, int64_t images) {
  double sum = 0;
  int64_t supported = 0;
  for (const int64_t support : metrics.support) {
    sum += static_cast<double>(support);
    supported += support > 0;
  }
  return supported == 0 ? 0 : sum / static_cast<double>(supported) / static_cast<double>(images);
}

// Retrieval inside the set, what chance gives, and what the answers say of the embedding.
void EvaluateInside(const SetOutputs& outputs, const LabelMatrix& matrix, SetEvaluation* out) {
  RetrievalResult retrieval = EvaluateRetrieval(outputs.vectors, outputs.dim, matrix);
  out->retrieval = std::move(retrieval.metrics);
  out->queries = std::move(retrieval.queries);
  out->random = ExpectedAtRandom(matrix);
  out->frequency = RankByLabelFrequency(matrix);
  // A singular value decomposition of 2,048 columns takes long; fewer rows tell as much.
  const int64_t rows = outputs.dim > 512 ? 1024 : 2048;
  out->diagnostics = DiagnoseEmbeddings(outputs.vectors, outputs.dim, rows);
  out->alignment =
      MeasureAlignment(outputs.vectors, outputs.dim, matrix, Relevance::kMoreThan2, rows);
  out->hubness = MeasureHubness(retrieval.top, retrieval.k, out->images);
}

// By the names of EvaluationValues.
void AddGalleryValues(const GalleryEvaluation& gallery, std::map<std::string, double>* values) {
  const RetrievalMetrics& r = gallery.retrieval;
  values->insert({
      {"gallery_recall_at_1", r.rule(Relevance::kMoreThan2).recall_at_1},
      {"gallery_recall_at_1_strict", r.rule(Relevance::kStrict).recall_at_1},
      {"gallery_recall_at_1_j50", r.rule(Relevance::kJaccard50).recall_at_1},
      {"gallery_recall_at_1_exact", r.rule(Relevance::kExact).recall_at_1},
      {"gallery_precision_at_10_any", r.rule(Relevance::kAny).precision_at_10},
      {"gallery_map_at_r_j50", r.rule(Relevance::kJaccard50).map_at_r},
      {"gallery_ndcg_at_10", r.ndcg_at_10_shared},
      {"gallery_ndcg_at_10_jaccard", r.ndcg_at_10_jaccard},
      {"gallery_acg_at_10", r.acg_at_10},
      {"gallery_mean_jaccard_at_5", r.mean_jaccard_at_5},
      {"gallery_queries_excluded", static_cast<double>(r.rule(Relevance::kMoreThan2).excluded)},
  });
  if (gallery.knn_accuracy.has_value()) (*values)["knn_accuracy"] = *gallery.knn_accuracy;
}

}  // namespace

LabelMatrix ClassMatrix(const LabelSpace& labels, absl::Span<const ImageRecord> images) {
  return ToMatrix(labels.classes.size(), images, &ImageRecord::classes);
}

LabelMatrix AttributeMatrix(const LabelSpace& labels, absl::Span<const ImageRecord> images) {
  return ToMatrix(labels.attributes.size(), images, &ImageRecord::attributes);
}

absl::StatusOr<SetEvaluation> EvaluateSet(const std::string& split, const LabelSpace& labels,
                                          absl::Span<const ImageRecord> images,
                                          const SetOutputs& outputs, const Gallery* gallery) {
  if (images.empty())
    return absl::InvalidArgumentError(absl::StrCat(split, ": no image to evaluate"));
  LB_RETURN_IF_ERROR(CheckOutputs(labels, images.size(), outputs));
  SetEvaluation out;
  out.split = split;
  out.images = static_cast<int64_t>(images.size());
  out.classes = labels.classes;
  const LabelMatrix matrix = ClassMatrix(labels, images);
  out.classification = EvaluateClassification(outputs.scores, matrix);
  out.thresholds = outputs.thresholds;
  if (!outputs.thresholds.empty())
    out.tuned = EvaluateClassification(outputs.scores, matrix, outputs.thresholds);
  if (!outputs.attribute_scores.empty()) EvaluateAttributes(labels, images, outputs, &out);
  out.pairs = CommonestPairs(outputs.scores, matrix, kCommonPairs);
  out.mean_prevalence = MeanPrevalence(out.classification, out.images);
  if (const auto truth = SingleClasses(matrix); truth.has_value())
    out.top1_accuracy = Top1Accuracy(outputs.scores, matrix.classes, *truth);
  EvaluateInside(outputs, matrix, &out);
  out.label_collapse = MeasureLabelCollapse(outputs.scores, matrix.classes);
  if (gallery != nullptr) {
    LB_ASSIGN_OR_RETURN(
        out.gallery, EvaluateGallery({outputs.vectors, matrix}, OwnRows(images, *gallery), *gallery,
                                     outputs.dim));
  }
  return out;
}

std::map<std::string, double> RetrievalValues(const RetrievalMetrics& retrieval) {
  const RetrievalMetrics& r = retrieval;
  return {
      {"recall_at_1", r.rule(Relevance::kMoreThan2).recall_at_1},
      {"recall_at_1_strict", r.rule(Relevance::kStrict).recall_at_1},
      {"recall_at_1_j50", r.rule(Relevance::kJaccard50).recall_at_1},
      {"recall_at_1_exact", r.rule(Relevance::kExact).recall_at_1},
      {"precision_at_10_any", r.rule(Relevance::kAny).precision_at_10},
      {"map_at_r_j50", r.rule(Relevance::kJaccard50).map_at_r},
      {"ndcg_at_10", r.ndcg_at_10_shared},
      {"ndcg_at_10_jaccard", r.ndcg_at_10_jaccard},
      {"retrieval_map_j50", r.rule(Relevance::kJaccard50).map},
      {"ndcg_at_10_exp", r.ndcg_at_10_exp},
      {"acg_at_10", r.acg_at_10},
      {"wap_at_10", r.wap_at_10},
      {"mean_jaccard_at_5", r.mean_jaccard_at_5},
      {"queries_excluded", static_cast<double>(r.rule(Relevance::kMoreThan2).excluded)},
      {"queries_excluded_strict", static_cast<double>(r.rule(Relevance::kStrict).excluded)},
      {"queries_excluded_j50", static_cast<double>(r.rule(Relevance::kJaccard50).excluded)},
  };
}

std::map<std::string, double> EvaluationValues(const SetEvaluation& evaluation) {
  std::map<std::string, double> values = RetrievalValues(evaluation.retrieval);
  values.insert({
      {"map", evaluation.classification.map},
      {"f1_macro", evaluation.classification.f1_macro},
      {"f1_macro_supported", evaluation.classification.f1_macro_supported},
      {"f1_micro", evaluation.classification.f1_micro},
      {"f1_samples", evaluation.classification.f1_samples},
      {"chance_mean_jaccard_at_5", evaluation.random.mean_jaccard_at_5},
      {"std_sqrt_d", evaluation.diagnostics.std_sqrt_d},
      {"mean_cosine", evaluation.diagnostics.mean_cosine},
      {"mean_norm", evaluation.diagnostics.mean_norm},
      {"uniformity", evaluation.diagnostics.uniformity},
      {"effective_rank", evaluation.diagnostics.effective_rank},
      {"effective_rank_centered", evaluation.diagnostics.effective_rank_centered},
      {"top1_singular_share", evaluation.diagnostics.top1_share},
      {"hub_skew", evaluation.hubness.skewness},
      {"hub_share", evaluation.hubness.max_share},
      {"robin_hood", evaluation.hubness.robin_hood},
      {"anti_hub_share", evaluation.hubness.anti_hub_share},
      {"distinct_share", evaluation.hubness.distinct_share},
      {"distinct_label_sets", evaluation.label_collapse.distinct_sets},
      {"top_label_set_share", evaluation.label_collapse.top_set_share},
  });
  if (evaluation.alignment.positive_pairs > 0) {
    values["alignment"] = evaluation.alignment.positive;
    values["alignment_ratio"] = evaluation.alignment.ratio;
  }
  if (evaluation.top1_accuracy.has_value()) values["top1_accuracy"] = *evaluation.top1_accuracy;
  if (evaluation.gallery.has_value()) AddGalleryValues(*evaluation.gallery, &values);
  if (evaluation.tuned.has_value()) {
    values["f1_macro_tuned"] = evaluation.tuned->f1_macro;
    values["f1_micro_tuned"] = evaluation.tuned->f1_micro;
    values["f1_samples_tuned"] = evaluation.tuned->f1_samples;
  }
  if (evaluation.attributes.has_value()) {
    values["attribute_map"] = evaluation.attributes->map;
    values["attribute_f1_macro"] = evaluation.attributes->f1_macro;
  }
  return values;
}

}  // namespace lookbook
