// All that the report of one run says, as data: the sections make words and charts of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/calibration.h"
#include "models/study/evaluation_facts.h"
#include "models/train/history.h"

namespace lookbook {

inline constexpr int kShownNeighbors = 5;
inline constexpr int kShownQueries = 6;  // Best and worst ones each.
inline constexpr int kFixedQueries = 8;
inline constexpr int kShownUnlabelled = 24;
inline constexpr int kShownAttributes = 3;  // Of an unlabelled picture.

struct StudyPicture {
  std::string id;
  std::string path;                 // Of a query; empty for an item of the index.
  std::string file;                 // A small JPEG; empty when there is none.
  std::vector<std::string> labels;  // Names of its classes.
};

struct StudyAnswer {
  StudyPicture picture;
  float similarity = 0;
};

// A labelled picture and what the bundle's index answers.
struct StudyQuery {
  StudyPicture picture;
  double overlap = 0;                // Mean Jaccard index of its labels with those of `answers`.
  std::vector<StudyAnswer> answers;  // At most kShownNeighbors, best first.
};

struct NeighborStudy {
  int64_t queries = 0;  // That were asked; a sample of the evaluated set where that is large.
  double overlap = 0;   // Mean over them.
  int64_t items = 0;    // Of the index.
  std::vector<StudyQuery> best;   // By overlap; of equal ones those with most labels.
  std::vector<StudyQuery> worst;  // By overlap; of equal ones those most sure of themselves.
  // By the sorted ids of the evaluated set at even distances: the same for every run on it.
  std::vector<StudyQuery> fixed;
};

struct ScoredLabel {
  std::string name;
  float score = 0;
  bool predicted = false;  // Above its class's threshold; attributes have none.
};

struct ScoredPicture {
  std::string id;
  std::string file;                 // A small JPEG; empty when it cannot be read.
  std::string error;                // Why not.
  std::vector<ScoredLabel> labels;  // Every predicted one and the best of the others; best first.
  // The best kShownAttributes, best first; none where the bundle does not score attributes.
  std::vector<ScoredLabel> attributes;
};

// Pictures without labels, as the model sees them.
struct UnlabelledStudy {
  std::string folder;
  std::string problem;   // Why there is none; empty when there are some.
  int64_t pictures = 0;  // In the folder.
  std::vector<ScoredPicture> shown;
};

enum class RunState {
  kNotTrained,
  kUnfinished,  // The training stopped on its way.
  kCollapsed,   // The guard gave up, or it was to act and `ended_red`.
  kNotEvaluated,
  kNotPublished,
  kPublished,
};
struct RunStudy {
  std::string folder;
  std::string recipe;  // Its name.
  std::string data;    // Root of the data set.
  RunState state = RunState::kNotTrained;
  // The last validation was red, or the last one that judged the embedding. Such a run wins
  // nothing, also where the guard was only to report and the state is how far it came.
  bool ended_red = false;
  double train_seconds = 0;
  std::string bundle_id;                      // Empty unless published.
  std::vector<HistoryEntry> history;          // Empty when nothing was trained.
  std::optional<EvaluationFacts> evaluation;  // What follows is there as far as the run came.
  std::optional<CalibrationResult> calibration;
  NeighborStudy neighbors;
  UnlabelledStudy unlabelled;
};

}  // namespace lookbook
