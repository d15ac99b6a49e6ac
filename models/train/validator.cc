#include "models/train/validator.h"

#include <torch/utils.h>

#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/evaluate/diagnostics.h"
#include "models/evaluate/metrics.h"
#include "models/train/objective.h"

namespace lookbook {
namespace {

constexpr int64_t kDiagnosedRows = 512;

template <typename T>
void Append(const torch::Tensor& tensor, std::vector<T>* out) {
  const torch::Tensor values = tensor.contiguous();
  out->insert(out->end(), values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
}

struct Outputs {
  int dim = 0;
  double loss_sum = 0;
  std::vector<float> scores;
  std::vector<float> vectors;
  LabelMatrix labels;
};

Outputs RunAll(EmbedderNet& net, Loader& loader, const std::vector<LossRecipe>& losses) {
  Outputs out;
  loader.StartEpoch(0);
  while (const std::optional<Batch> batch = loader.Next()) {
    const NetworkOutput output =
        net->forward(batch->images.contiguous(torch::MemoryFormat::ChannelsLast));
    const int64_t rows = batch->images.size(0);
    out.loss_sum += Objective(output, *batch, losses).item<double>() * static_cast<double>(rows);
    Append(torch::sigmoid(output.logits), &out.scores);
    Append(output.embedding, &out.vectors);
    Append(batch->targets, &out.labels.values);
    out.labels.n += rows;
    out.labels.classes = static_cast<int>(batch->targets.size(1));
    out.dim = static_cast<int>(output.embedding.size(1));
  }
  return out;
}

}  // namespace

absl::StatusOr<ValidationResult> Validate(const std::string& part, EmbedderNet net, Loader& loader,
                                          const std::vector<LossRecipe>& losses) {
  return CatchToStatus("validate", [&]() -> absl::StatusOr<ValidationResult> {
    torch::NoGradGuard no_grad;
    const bool was_training = net->is_training();
    const absl::Cleanup restore = [&] { net->train(was_training); };
    net->eval();
    const Outputs outputs = RunAll(net, loader, losses);
    LB_RETURN_IF_ERROR(loader.status());
    if (outputs.labels.n == 0) return absl::InvalidArgumentError(part + ": no image");
    const ClassificationMetrics metrics = EvaluateClassification(outputs.scores, outputs.labels);
    const EmbeddingDiagnostics diagnostics =
        DiagnoseEmbeddings(outputs.vectors, outputs.dim, kDiagnosedRows);
    const LabelCollapse collapse = MeasureLabelCollapse(outputs.scores, outputs.labels.classes);
    return ValidationResult{.part = part,
                            .images = outputs.labels.n,
                            .loss = outputs.loss_sum / static_cast<double>(outputs.labels.n),
                            .map = metrics.map,
                            .f1_macro = metrics.f1_macro,
                            .f1_micro = metrics.f1_micro,
                            .std_sqrt_d = diagnostics.std_sqrt_d,
                            .mean_cosine = diagnostics.mean_cosine,
                            .distinct_label_sets = collapse.distinct_sets,
                            .top_label_set_share = collapse.top_set_share};
  });
}

}  // namespace lookbook
