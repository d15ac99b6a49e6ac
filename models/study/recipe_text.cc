#include "models/study/recipe_text.h"

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

std::string TermText(const LossRecipe& loss) {
  if (loss.name == "supcon") return absl::StrCat("supcon(", loss.supcon.relation, ")");
  if (loss.name == "angular")
    return absl::StrCat("angular(", loss.angular.degrees,
                        loss.angular.npair > 0 ? ", N-pair)" : ")");
  if (loss.name == "triplet")
    return absl::StrCat("triplet(", loss.triplet.miner, ", m=", loss.triplet.margin, ")");
  return loss.name;
}

std::string StageText(const StageRecipe& stage) {
  std::vector<std::string> terms;
  for (const LossRecipe& loss : stage.losses) terms.push_back(TermText(loss));
  return absl::StrCat(absl::StrJoin(terms, " + "), stage.freeze == "backbone" ? " frozen" : "");
}

bool InSteps(const StageRecipe& stage) { return stage.steps > 0; }

std::string Amount(const std::vector<std::string>& numbers, bool steps) {
  return absl::StrCat(absl::StrJoin(numbers, " + "), steps ? " steps" : " epochs");
}

}  // namespace

std::string LossText(const Recipe& recipe) {
  std::vector<std::string> stages;
  for (const StageRecipe& stage : recipe.stages) stages.push_back(StageText(stage));
  return absl::StrJoin(stages, " -> ");
}

// Neighbours in the same unit share its name.
std::string LengthText(const Recipe& recipe) {
  std::vector<std::string> parts, numbers;
  for (size_t i = 0; i < recipe.stages.size(); ++i) {
    const StageRecipe& stage = recipe.stages[i];
    numbers.push_back(InSteps(stage) ? absl::StrCat(stage.steps) : absl::StrCat(stage.epochs));
    const bool last = i + 1 == recipe.stages.size();
    if (!last && InSteps(recipe.stages[i + 1]) == InSteps(stage)) continue;
    parts.push_back(Amount(numbers, InSteps(stage)));
    numbers.clear();
  }
  return absl::StrJoin(parts, " + ");
}

std::string InitText(const Recipe& recipe) {
  absl::string_view init = recipe.network.init;
  if (init == "he") return "He";
  const bool bundle = absl::ConsumePrefix(&init, kBundleInit);
  std::filesystem::path path{std::string(init)};
  if (!path.has_filename()) path = path.parent_path();
  // A run's bundle root is called so; its run's name says more.
  if (bundle && path.filename() == "bundles" && path.has_parent_path()) path = path.parent_path();
  return absl::StrCat(bundle ? "bundle " : "file ", path.filename().string());
}

}  // namespace lookbook
