#include "models/commands/study_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/random_probe.h"
#include "models/recipe/effective_recipe.h"

namespace lookbook {
namespace {

constexpr char kRandomProbeFile[] = "random_probe.toml (built in)";

// Weights of one network are no start for another.
absl::Status CheckInit(const Recipe& recipe, const RecipeOverrides& overrides) {
  const bool other_network =
      !overrides.backbone.empty() && overrides.backbone != recipe.network.backbone;
  if (recipe.network.init == "he" || !overrides.pretrained.empty() || !other_network)
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "recipe \"", recipe.name, "\" starts from ", recipe.network.init, ", weights of ",
      recipe.network.backbone, ": with another --network give --pretrained"));
}

absl::StatusOr<PlannedRun> PlanRun(const Recipe& recipe, const std::string& file,
                                   const ReproduceOptions& options,
                                   const RecipeOverrides& overrides) {
  LB_RETURN_IF_ERROR(CheckInit(recipe, overrides));
  LB_ASSIGN_OR_RETURN(const std::string text, OverrideRecipe(recipe.text, file, overrides));
  PlannedRun out;
  out.request.recipe = JoinPath(options.out, absl::StrCat("recipes/", recipe.name, ".toml"));
  LB_ASSIGN_OR_RETURN(out.recipe, ParseRecipe(text, out.request.recipe));
  out.request.data = options.data;
  out.request.work = JoinPath(options.out, absl::StrCat("runs/", recipe.name));
  out.request.bundles = JoinPath(out.request.work, "bundles");
  out.request.log = out.request.work + ".log";
  return out;
}

// The built-in recipe. Nobody asked for it, so it must not fail where a set is smaller than its
// batches; its own split may leave less than all of `train_images` (0 = not known) to train on.
absl::StatusOr<Recipe> RandomProbe(int64_t train_images) {
  LB_ASSIGN_OR_RETURN(const Recipe probe, ParseRecipe(kRandomProbeRecipe, kRandomProbeFile));
  const int batch = probe.stages.front().batch_size;
  const int64_t enough = std::max<int64_t>(1, train_images / 2);
  if (train_images == 0 || batch <= enough) return probe;
  const std::string text = absl::StrReplaceAll(
      probe.text, {{absl::StrCat("batch_size = ", batch), absl::StrCat("batch_size = ", enough)}});
  return ParseRecipe(text, kRandomProbeFile);
}

void MarkTwins(std::vector<PlannedRun>* runs) {
  std::map<std::string, std::string> first;  // By all that decides a training.
  for (PlannedRun& run : *runs) {
    const auto [found, is_new] = first.emplace(EffectiveRecipe(run.recipe), run.recipe.name);
    if (!is_new) run.same_as = found->second;
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RecipeFiles(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (!IsDirectory(name)) {
      out.push_back(name);
      continue;
    }
    LB_ASSIGN_OR_RETURN(const std::vector<std::string> entries, ListDirectory(name));
    for (const std::string& entry : entries) {
      if (absl::EndsWith(entry, ".toml")) out.push_back(JoinPath(name, entry));
    }
  }
  if (out.empty()) return absl::InvalidArgumentError("no recipe: give --recipes files or folders");
  return out;
}

absl::StatusOr<bool> AnyGroupsNearDuplicates(const std::vector<std::string>& files) {
  bool out = false;
  for (const std::string& file : files) {
    LB_ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(file));
    out = out || recipe.data.group_near_duplicates;
  }
  return out;
}

absl::StatusOr<std::vector<PlannedRun>> PlanRuns(const std::vector<std::string>& files,
                                                 const ReproduceOptions& options,
                                                 const RecipeOverrides& overrides) {
  std::map<std::string, PlannedRun> by_name;
  std::vector<std::string> names;
  for (const std::string& file : files) {
    LB_ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(file));
    LB_ASSIGN_OR_RETURN(PlannedRun run, PlanRun(recipe, file, options, overrides));
    if (!by_name.emplace(recipe.name, std::move(run)).second)
      return absl::InvalidArgumentError(
          absl::StrCat("two recipes are called \"", recipe.name, "\""));
    names.push_back(recipe.name);
  }
  LB_ASSIGN_OR_RETURN(const Recipe probe, RandomProbe(overrides.train_images));
  if (by_name.count(probe.name) == 0) {
    LB_ASSIGN_OR_RETURN(by_name[probe.name], PlanRun(probe, kRandomProbeFile, options, overrides));
    names.insert(names.begin(), probe.name);
  }
  LB_RETURN_IF_ERROR(MakeDirectories(JoinPath(options.out, "recipes")));
  LB_RETURN_IF_ERROR(MakeDirectories(JoinPath(options.out, "runs")));
  std::vector<PlannedRun> out;
  for (const std::string& name : SideBySide(names)) {
    out.push_back(std::move(by_name.at(name)));
    LB_RETURN_IF_ERROR(WriteFileAtomic(out.back().request.recipe, out.back().recipe.text));
  }
  MarkTwins(&out);
  return out;
}

namespace {

// A question is about what the network learned, not about which network it is.
std::vector<StudyPair> OfOneNetwork(const std::vector<StudyPair>& pairs,
                                    const std::map<std::string, const NetworkRecipe*>& networks) {
  std::vector<StudyPair> out;
  for (const StudyPair& pair : pairs) {
    const NetworkRecipe &a = *networks.at(pair.a), &b = *networks.at(pair.b);
    if (a.backbone == b.backbone && a.width == b.width) out.push_back(pair);
  }
  return out;
}

}  // namespace

absl::StatusOr<std::vector<StudyPair>> PlanPairs(const std::vector<PlannedRun>& runs,
                                                 const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  std::map<std::string, std::string> trained;  // The run that stands for each.
  std::map<std::string, const NetworkRecipe*> networks;
  for (const PlannedRun& run : runs) {
    names.push_back(run.recipe.name);
    networks[run.recipe.name] = &run.recipe.network;
    trained[run.recipe.name] = run.same_as.empty() ? run.recipe.name : run.same_as;
  }
  std::vector<StudyPair> pairs = OfOneNetwork(StudyPairs(names), networks);
  for (const std::string& text : asked) {
    LB_ASSIGN_OR_RETURN(const StudyPair pair, ParsePair(text, names));
    if (trained[pair.a] == trained[pair.b])
      return absl::InvalidArgumentError(
          absl::StrCat("--pair \"", text, "\": with these settings both are the same run"));
    pairs.push_back(pair);
  }
  std::vector<StudyPair> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const StudyPair& pair : pairs) {
    const StudyPair of_runs = {trained[pair.a], trained[pair.b]};
    if (of_runs.a != of_runs.b && seen.emplace(of_runs.a, of_runs.b).second) out.push_back(of_runs);
  }
  return out;
}

}  // namespace lookbook
