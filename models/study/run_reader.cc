#include "models/study/run_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/status_macros.h"
#include "engine/bundle/items.h"
#include "engine/bundle/manifest.h"
#include "models/recipe/recipe.h"
#include "models/study/neighbor_file.h"
#include "models/study/step_record.h"
#include "models/study/study_picture.h"
#include "models/train/collapse_guard.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

// The file's text; nothing when there is no such file.
absl::StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  LB_RETURN_IF_ERROR(text.status());
  return *std::move(text);
}

// `parse` of a file that may be missing; its error names the file.
template <typename T, typename Parse>
absl::StatusOr<std::optional<T>> ParseIfThere(const std::string& path, const Parse& parse) {
  LB_ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadIfThere(path));
  if (!text.has_value()) return std::nullopt;
  absl::StatusOr<T> value = parse(*text);
  if (!value.ok()) return WithPrefix(path, value.status());
  return *std::move(value);
}

absl::StatusOr<Json> ParseObject(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("not a JSON object");
  return json;
}

std::string TextOf(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

double NumberOf(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number() ? json[key].get<double>() : 0;
}

bool GaveUp(const HistoryEntry& entry) { return absl::EndsWith(entry.event, "stopped"); }

// The last validation was red; or that of the last stage which could move the embedding, for later
// ones are not judged by it.
bool EndedRed(const Recipe& recipe, const std::vector<HistoryEntry>& history) {
  if (history.empty()) return false;
  const auto moves = [&recipe](const HistoryEntry& entry) {
    const auto stage =
        std::find_if(recipe.stages.begin(), recipe.stages.end(),
                     [&entry](const StageRecipe& s) { return s.name == entry.stage; });
    return stage == recipe.stages.end() || MovesEmbedding(*stage, recipe.network.embedding_dim);
  };
  const auto moved = std::find_if(history.rbegin(), history.rend(), moves);
  return history.back().health == "red" || (moved != history.rend() && moved->health == "red");
}

// Whether a red end stops the run: not where the guard is only to report, or off.
bool GuardActs(const Recipe& recipe) {
  return recipe.stages.empty() || recipe.stages.back().guard.action == "restore";
}

// `finished`: the training that the history is of came to its end.
RunState StateOf(const RunStudy& run, const Recipe& recipe, bool finished) {
  if (run.history.empty()) return RunState::kNotTrained;
  const HistoryEntry& last = run.history.back();
  if (GaveUp(last)) return RunState::kCollapsed;
  if (!finished) return RunState::kUnfinished;
  if (run.ended_red && GuardActs(recipe)) return RunState::kCollapsed;
  if (!run.evaluation.has_value()) return RunState::kNotEvaluated;
  return run.bundle_id.empty() ? RunState::kNotPublished : RunState::kPublished;
}

// Pictures that are gone stay blank.
void FetchPictures(const std::string& folder, NeighborStudy* study) {
  const absl::StatusOr<std::unique_ptr<ItemStore>> items =
      ItemStore::Open(JoinPath(folder, absl::StrCat("index/", kItemsFile)));
  for (StudyQuery& query : study->fixed) {
    query.picture.file = ThumbnailOf(query.picture.path);
    for (StudyAnswer& answer : query.answers) {
      if (!items.ok()) continue;
      const absl::StatusOr<int64_t> row = (*items)->RowOf(answer.picture.id);
      if (row.ok()) answer.picture.file = (*items)->Thumbnail(*row).value_or("");
    }
  }
}

absl::Status ReadNeighbors(RunStudy* run) {
  LB_ASSIGN_OR_RETURN(
      auto neighbors,
      ParseIfThere<NeighborStudy>(JoinPath(run->folder, "neighbors.json"), NeighborsFromJson));
  if (!neighbors.has_value()) return absl::OkStatus();
  run->neighbors = *std::move(neighbors);
  FetchPictures(run->folder, &run->neighbors);
  return absl::OkStatus();
}

}  // namespace

const char* RunStateName(RunState state) {
  switch (state) {
    case RunState::kNotTrained:
      return "not trained";
    case RunState::kUnfinished:
      return "training not finished";
    case RunState::kCollapsed:
      return "collapsed";
    case RunState::kNotEvaluated:
      return "not evaluated";
    case RunState::kNotPublished:
      return "not published";
    case RunState::kPublished:
      return "published";
  }
  return "";
}

absl::StatusOr<RunStudy> ReadRun(const std::string& folder) {
  const std::string recipe = JoinPath(folder, "recipe.toml");
  if (!PathExists(recipe)) {
    return absl::NotFoundError(
        absl::StrCat("no ", recipe, ": name the work folder (--out) of a run"));
  }
  RunStudy run{.folder = folder};
  LB_ASSIGN_OR_RETURN(const Recipe read, LoadRecipe(recipe));
  run.recipe = read.name;
  LB_ASSIGN_OR_RETURN(auto history, ParseIfThere<std::vector<HistoryEntry>>(
                                        JoinPath(folder, "train/history.json"), HistoryFromJson));
  if (history.has_value()) run.history = *std::move(history);
  LB_ASSIGN_OR_RETURN(const StepRecord record, StepRecord::Read(folder));
  if (record.IsCurrent("evaluate")) {
    LB_ASSIGN_OR_RETURN(run.evaluation, ParseIfThere<EvaluationFacts>(
                                            JoinPath(folder, "evaluation.json"), ParseEvaluation));
  }
  const auto object = [&](const char* name) {
    return ParseIfThere<Json>(JoinPath(folder, name), ParseObject);
  };
  LB_ASSIGN_OR_RETURN(const std::optional<Json> about, object("run.json"));
  if (about.has_value()) run.data = TextOf(*about, "data");
  if (record.IsCurrent("publish")) {
    LB_ASSIGN_OR_RETURN(const std::optional<Json> published, object("published.json"));
    if (published.has_value()) run.bundle_id = TextOf(*published, "bundle_id");
  }
  LB_ASSIGN_OR_RETURN(const std::optional<Json> result, object("train/result.json"));
  const bool finished = record.IsCurrent("train");
  if (finished && result.has_value()) run.train_seconds = NumberOf(*result, "seconds");
  const bool kept_red =
      finished && result.has_value() && TextOf(*result, "kept_health") == HealthName(Health::kRed);
  run.ended_red = kept_red || EndedRed(read, run.history);
  run.state = StateOf(run, read, finished);
  if (record.IsCurrent("report")) LB_RETURN_IF_ERROR(ReadNeighbors(&run));
  return run;
}

}  // namespace lookbook
