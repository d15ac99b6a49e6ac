#include "models/commands/history_line.h"

#include <cmath>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

using Figures = std::map<std::string, double>;

std::optional<double> Find(const Figures& figures, const char* name) {
  const auto found = figures.find(name);
  if (found == figures.end()) return std::nullopt;
  return found->second;
}

// "34.0 % active, 81 % right"; empty where there were no triplets.
std::string TripletText(std::optional<double> active, std::optional<double> right) {
  if (!active.has_value() || !right.has_value()) return "";
  return absl::StrFormat("%.1f %% active, %.0f %% right", 100 * *active, 100 * *right);
}

std::string TripletText(const Figures& figures) {
  return TripletText(Find(figures, "triplet_active"), Find(figures, "triplet_accuracy"));
}

// How many turns were named rightly.
std::string RotationText(const Figures& figures) {
  const std::optional<double> right = Find(figures, "rotation_accuracy");
  return right.has_value() ? absl::StrFormat("%.0f %% right", 100 * *right) : "";
}

// Of training since the entry before, and of the part that was validated.
std::string BothParts(const std::string& name, const std::string& training, const std::string& part,
                      const std::string& validation) {
  if (training.empty() && validation.empty()) return "";
  return absl::StrCat("  ", name, " ", training.empty() ? "-" : training,
                      validation.empty() ? "" : absl::StrCat("; ", part, " ", validation));
}

}  // namespace

std::string StepText(const StepReport& report) {
  std::string text =
      absl::StrFormat("loss %.4f  %.0f images/s", report.loss, report.images_per_second);
  const BatchLook& look = report.look;
  if (look.step > 0) absl::StrAppendFormat(&text, "  std*sqrt(D) %.2f", look.std_sqrt_d);
  const std::string triplets = TripletText(look.triplet_active, look.triplet_accuracy);
  if (!triplets.empty()) absl::StrAppend(&text, "  triplets ", triplets);
  return text;
}

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
      BothParts("triplets", TripletText(entry.figures), v.part, TripletText(v.figures)),
      BothParts("rotation", RotationText(entry.figures), v.part, RotationText(v.figures)));
}

}  // namespace lookbook
