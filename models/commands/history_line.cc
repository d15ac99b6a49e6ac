#include "models/commands/history_line.h"

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

using Figures = std::map<std::string, double>;

// "34.0 % active, 81 % right"; empty where there were no triplets.
std::string TripletText(const Figures& figures) {
  const auto active = figures.find("triplet_active");
  const auto right = figures.find("triplet_accuracy");
  if (active == figures.end() || right == figures.end()) return "";
  return absl::StrFormat("%.1f %% active, %.0f %% right", 100 * active->second,
                         100 * right->second);
}

// Of training since the entry before, and of the part that was validated.
std::string BothParts(const std::string& name, const std::string& training, const std::string& part,
                      const std::string& validation) {
  if (training.empty() && validation.empty()) return "";
  return absl::StrCat("  ", name, " ", training.empty() ? "-" : training,
                      validation.empty() ? "" : absl::StrCat("; ", part, " ", validation));
}

}  // namespace

std::string HistoryLine(const HistoryEntry& entry) {
  const ValidationResult& v = entry.validation;
  return absl::StrFormat(
      "step %d  loss %.4f  lr %.2e  |g| %.2f  %.0f images/s  %s: mAP %.3f  F1 %.3f  nDCG@10 %.3f  "
      "%s%s%s",
      entry.step, entry.train_loss, entry.learning_rate, entry.gradient_norm,
      entry.images_per_second, v.part, v.map, v.f1_macro, v.ndcg_at_10, entry.health,
      entry.best ? "  best" : "",
      entry.raw_map.has_value() ? absl::StrFormat("  mAP of the raw weights %.3f", *entry.raw_map)
                                : "");
}

std::string DiagnosticsLine(const HistoryEntry& entry) {
  const ValidationResult& v = entry.validation;
  const std::string alignment =
      std::isnan(v.alignment_ratio) ? "-" : absl::StrFormat("%.2f of all pairs", v.alignment_ratio);
  return absl::StrCat(
      absl::StrFormat("std*sqrt(D) %.2f  cosine %.2f  uniformity %.2f  alignment %s  rank %.1f "
                      "(centred %.1f)  ",
                      v.std_sqrt_d, v.mean_cosine, v.uniformity, alignment, v.effective_rank,
                      v.effective_rank_centered),
      absl::StrFormat("hubs %.1f %%, skew %.2f  items %.0f %%  sets %.0f %%, commonest %.1f %%",
                      100 * v.hub_share, v.hub_skew, 100 * v.distinct_share,
                      100 * v.distinct_label_sets, 100 * v.top_label_set_share),
      BothParts("triplets", TripletText(entry.figures), v.part, TripletText(v.figures)));
}

}  // namespace lookbook
