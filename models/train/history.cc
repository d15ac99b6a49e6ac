#include "models/train/history.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "models/train/batch_look_json.h"

namespace lookbook {
namespace {

// Of a validation. Earlier versions did not write them, and what is not measured is null.
constexpr const char* kMayBeMissing[] = {"mean_norm",     "alignment",  "alignment_ratio",
                                         "hub_skew",      "robin_hood", "effective_rank_centered",
                                         "anti_hub_share"};

void FillMissing(nlohmann::json* entry) {
  if (!entry->is_object() || !entry->contains("validation")) return;
  nlohmann::json& validation = (*entry)["validation"];
  if (!validation.is_object()) return;
  for (const char* name : kMayBeMissing) {
    if (!validation.contains(name) || validation[name].is_null())
      validation[name] = std::numeric_limits<double>::quiet_NaN();
  }
  if (!validation.contains("alignment_pairs")) validation["alignment_pairs"] = 0;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ValidationResult, part, images, loss, map, prevalence, f1_macro,
                                   f1_micro, recall_at_1, ndcg_at_10, std_sqrt_d, mean_cosine,
                                   mean_norm, alignment, alignment_ratio, alignment_pairs,
                                   uniformity, effective_rank, effective_rank_centered,
                                   top1_singular_share, ranked_images, hub_share, hub_skew,
                                   robin_hood, anti_hub_share, distinct_share, feature_norm,
                                   dead_norm_share, distinct_label_sets, top_label_set_share)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainSampleResult, images, map, f1_macro)
// All but `train`, `raw_map`, `looks` and the validation's `figures`, which are not always there.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HistoryEntry, stage, stage_step, step, epoch, seconds,
                                   images_per_second, learning_rate, train_loss, gradient_norm,
                                   figures, batch_std_sqrt_d, validation, best, health,
                                   health_reasons, event)

std::string HistoryToJson(const std::vector<HistoryEntry>& history) {
  nlohmann::json json(history);
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].train.has_value()) json[i]["train"] = *history[i].train;
    if (history[i].raw_map.has_value()) json[i]["raw_map"] = *history[i].raw_map;
    json[i]["looks"] = history[i].looks;
    json[i]["validation"]["figures"] = history[i].validation.figures;
  }
  return json.dump(2) + "\n";
}

absl::StatusOr<std::vector<HistoryEntry>> HistoryFromJson(absl::string_view json) {
  try {
    nlohmann::json list = nlohmann::json::parse(json.begin(), json.end());
    for (nlohmann::json& entry : list) FillMissing(&entry);
    auto history = list.get<std::vector<HistoryEntry>>();
    for (size_t i = 0; i < history.size(); ++i) {
      if (list[i].contains("train")) history[i].train = list[i]["train"].get<TrainSampleResult>();
      if (list[i].contains("raw_map") && list[i]["raw_map"].is_number())
        history[i].raw_map = list[i]["raw_map"].get<double>();
      if (list[i].contains("looks"))
        history[i].looks = list[i]["looks"].get<std::vector<BatchLook>>();
      const nlohmann::json& validation = list[i].at("validation");
      if (validation.contains("figures"))
        validation["figures"].get_to(history[i].validation.figures);
    }
    return history;
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat("history: ", e.what()));
  }
}

}  // namespace lookbook
