#include "models/commands/pair_report.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "models/explore/label_pairs.h"
#include "models/train/pair_rule.h"

namespace lookbook {
namespace {

std::string ShareLine(const LabelPairs& pairs) {
  return absl::StrFormat(
      "P(share > 3) %.4f, P(share = 0) %.4f; %d of %d training images have partners of both kinds",
      pairs.Share(pairs.PairsAbove(3)), pairs.Share(pairs.by_shared[0]), pairs.with_both,
      pairs.images);
}

std::string AnchorLine(const AnchorCount& count) {
  return absl::StrFormat("stage %s, %s: of %d anchors %d have a positive, %d a negative, %d both",
                         count.stage, count.loss, count.images, count.with_positive,
                         count.with_negative, count.with_both);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> PairReport(const Recipe& recipe, const FashionData& data,
                                                    const std::vector<int64_t>& rows) {
  std::vector<std::string> out;
  if (std::none_of(recipe.stages.begin(), recipe.stages.end(),
                   [](const StageRecipe& stage) { return stage.Has(LossKind::kMetric); })) {
    return out;
  }
  std::vector<ImageRecord> images;
  for (const int64_t row : rows) images.push_back(data.images[row]);
  out.push_back(ShareLine(CountLabelPairs(images, static_cast<int>(data.labels.classes.size()))));
  LB_ASSIGN_OR_RETURN(const std::vector<AnchorCount> counts, CountAnchors(recipe, data, rows));
  for (const AnchorCount& count : counts) out.push_back(AnchorLine(count));
  return out;
}

}  // namespace lookbook
