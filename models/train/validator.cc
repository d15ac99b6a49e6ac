#include "models/train/validator.h"

#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/evaluate/alignment.h"
#include "models/evaluate/diagnostics.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/retrieval.h"
#include "models/train/network_health.h"

namespace lookbook {
namespace {

// Every row with every other, and a decomposition: above 256 dimensions fewer rows, or a validation
// would take longer than the training between two.
constexpr int64_t kDiagnosedRows = 2048, kDiagnosedRowsOfWide = 512;
constexpr int kWide = 256;
constexpr int64_t kRankedRows = 2048;

template <typename T>
void Append(const torch::Tensor& tensor, std::vector<T>* out) {
  const torch::Tensor values = tensor.to(torch::kCPU).contiguous();
  out->insert(out->end(), values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
}

// The objective over many images.
struct LossSums {
  double images = 0;
  double loss = 0;
  std::map<std::string, double> figures;
  Shares shares;

  void Add(const ObjectiveValue& value, int64_t rows) {
    const double weight = static_cast<double>(rows);
    images += weight;
    loss += value.loss.item<double>() * weight;
    for (const auto& [name, figure] : value.figures) figures[name] += figure * weight;
    for (const auto& [name, term] : value.terms) figures[name] += term.item<double>() * weight;
    AddShares(value.shares, &shares);
  }
};

struct Outputs {
  int dim = 0;
  LossSums objective;
  double norm_sum = 0;
  std::vector<float> scores;
  std::vector<float> vectors;
  LabelMatrix labels;
};

void Append(const NetworkOutput& output, const Batch& batch, Outputs* out) {
  const int64_t rows = batch.targets.size(0);
  out->norm_sum += MeanFeatureNorm(output.feature) * static_cast<double>(rows);
  Append(torch::sigmoid(output.logits), &out->scores);
  Append(output.embedding, &out->vectors);
  Append(batch.targets, &out->labels.values);
  out->labels.n += rows;
  out->labels.classes = static_cast<int>(batch.targets.size(1));
  out->dim = static_cast<int>(output.embedding.size(1));
}

// `objective` null: its sums stay empty.
Outputs RunAll(TrainedModuleImpl& module, Loader& loader, const Objective* objective) {
  Outputs out;
  loader.StartEpoch(0);
  while (const std::optional<Batch> batch = loader.Next()) {
    ObjectiveValue value;
    if (objective != nullptr) {
      value = objective->Compute(module, *batch, /*seed=*/0);
      out.objective.Add(value, batch->targets.size(0));
    } else {
      value.output = Forward(module, *batch);
    }
    Append(value.output, *batch, &out);
  }
  return out;
}

LossSums RunViews(TrainedModuleImpl& module, Loader& views, const Objective& objective) {
  LossSums out;
  uint64_t seed = 0;  // Each batch its own turns.
  views.StartEpoch(0);
  while (const std::optional<Batch> batch = views.Next())
    out.Add(objective.Compute(module, *batch, seed++), batch->targets.size(0));
  return out;
}

void SetLoss(const LossSums& sums, ValidationResult* out) {
  const double images = std::max(sums.images, 1.0);
  out->loss = sums.loss / images;
  for (const auto& [name, sum] : sums.figures) out->figures[name] = sum / images;
  ResolveShares(sums.shares, &out->figures);
}

// At most kRankedRows rows at even distances, for what compares every row with every other.
Outputs Ranked(const Outputs& all) {
  if (all.labels.n <= kRankedRows) return all;
  Outputs out;
  out.dim = all.dim;
  out.labels.n = kRankedRows;
  out.labels.classes = all.labels.classes;
  for (int64_t i = 0; i < kRankedRows; ++i) {
    const int64_t row = i * all.labels.n / kRankedRows;
    out.vectors.insert(out.vectors.end(), all.vectors.begin() + row * all.dim,
                       all.vectors.begin() + (row + 1) * all.dim);
    out.labels.values.insert(out.labels.values.end(),
                             all.labels.values.begin() + row * all.labels.classes,
                             all.labels.values.begin() + (row + 1) * all.labels.classes);
  }
  return out;
}

double Prevalence(const std::vector<int64_t>& support, int64_t images) {
  int64_t positives = 0, classes = 0;
  for (const int64_t n : support) {
    positives += n;
    classes += n > 0;
  }
  return static_cast<double>(positives) /
         static_cast<double>(std::max<int64_t>(classes * images, 1));
}

void Diagnose(const Outputs& outputs, ValidationResult* out) {
  const int64_t rows = outputs.dim > kWide ? kDiagnosedRowsOfWide : kDiagnosedRows;
  const EmbeddingDiagnostics diagnostics = DiagnoseEmbeddings(outputs.vectors, outputs.dim, rows);
  out->std_sqrt_d = diagnostics.std_sqrt_d;
  out->mean_cosine = diagnostics.mean_cosine;
  out->mean_norm = diagnostics.mean_norm;
  out->uniformity = diagnostics.uniformity;
  out->effective_rank = diagnostics.effective_rank;
  out->effective_rank_centered = diagnostics.effective_rank_centered;
  out->top1_singular_share = diagnostics.top1_share;
  const Alignment alignment =
      MeasureAlignment(outputs.vectors, outputs.dim, outputs.labels, Relevance::kMoreThan2, rows);
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  out->alignment_pairs = alignment.positive_pairs;
  out->alignment = alignment.positive_pairs > 0 ? alignment.positive : kNone;
  out->alignment_ratio = alignment.positive_pairs > 0 ? alignment.ratio : kNone;
  const LabelCollapse collapse = MeasureLabelCollapse(outputs.scores, outputs.labels.classes);
  out->distinct_label_sets = collapse.distinct_sets;
  out->top_label_set_share = collapse.top_set_share;
}

void Rank(const Outputs& outputs, ValidationResult* out) {
  const Outputs ranked = Ranked(outputs);
  const RetrievalResult result = EvaluateRetrieval(ranked.vectors, ranked.dim, ranked.labels);
  const Hubness hubness = MeasureHubness(result.top, result.k, ranked.labels.n);
  out->ranked_images = ranked.labels.n;
  out->recall_at_1 = result.metrics.rule(Relevance::kMoreThan2).recall_at_1;
  out->ndcg_at_10 = result.metrics.ndcg_at_10_shared;
  out->hub_share = hubness.max_share;
  out->hub_skew = hubness.skewness;
  out->robin_hood = hubness.robin_hood;
  out->anti_hub_share = hubness.anti_hub_share;
  out->distinct_share = hubness.distinct_share;
}

}  // namespace

absl::StatusOr<ValidationResult> Validate(const std::string& part, TrainedModuleImpl& module,
                                          Loader& loader, const Objective& objective,
                                          Loader* views) {
  return CatchToStatus("validate", [&]() -> absl::StatusOr<ValidationResult> {
    torch::NoGradGuard no_grad;
    const bool was_training = module.is_training();
    const absl::Cleanup restore = [&] { module.train(was_training); };
    module.eval();
    Outputs outputs = RunAll(module, loader, views == nullptr ? &objective : nullptr);
    LB_RETURN_IF_ERROR(loader.status());
    if (views != nullptr) {
      outputs.objective = RunViews(module, *views, objective);
      LB_RETURN_IF_ERROR(views->status());
    }
    if (outputs.labels.n == 0) return absl::InvalidArgumentError(part + ": no image");
    const ClassificationMetrics metrics = EvaluateClassification(outputs.scores, outputs.labels);
    ValidationResult out = {.part = part,
                            .images = outputs.labels.n,
                            .map = metrics.map,
                            .prevalence = Prevalence(metrics.support, outputs.labels.n),
                            .f1_macro = metrics.f1_macro,
                            .f1_micro = metrics.f1_micro};
    SetLoss(outputs.objective, &out);
    Diagnose(outputs, &out);
    Rank(outputs, &out);
    out.feature_norm = outputs.norm_sum / static_cast<double>(outputs.labels.n);
    out.dead_norm_share = DeadNormShare(*module.net);
    return out;
  });
}

absl::StatusOr<TrainSampleResult> MeasureTrainSample(TrainedModuleImpl& module, Loader& loader) {
  return CatchToStatus("train sample", [&]() -> absl::StatusOr<TrainSampleResult> {
    torch::NoGradGuard no_grad;
    const bool was_training = module.is_training();
    const absl::Cleanup restore = [&] { module.train(was_training); };
    module.eval();
    Outputs outputs;
    loader.StartEpoch(0);
    while (const std::optional<Batch> batch = loader.Next()) {
      Append(torch::sigmoid(Forward(module, *batch).logits), &outputs.scores);
      Append(batch->targets, &outputs.labels.values);
      outputs.labels.n += batch->targets.size(0);
      outputs.labels.classes = static_cast<int>(batch->targets.size(1));
    }
    LB_RETURN_IF_ERROR(loader.status());
    const ClassificationMetrics metrics = EvaluateClassification(outputs.scores, outputs.labels);
    return TrainSampleResult{outputs.labels.n, metrics.map, metrics.f1_macro};
  });
}

}  // namespace lookbook
