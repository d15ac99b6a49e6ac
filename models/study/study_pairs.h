// Which rows of a study belong together, and what is claimed of them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/evaluate/comparison.h"

namespace lookbook {

// A recipe called "study_X" repeats the earlier study's settings for the row X.
inline constexpr char kStudyPrefix[] = "study_";

// "study_X" right behind "X"; otherwise in the given order.
std::vector<std::string> SideBySide(const std::vector<std::string>& runs);

// Is B better than A?
struct StudyPair {
  std::string a, b;
};

// Every "study_X" against "X", and the comparisons that the study is about, as far as both rows are
// there: random network and frozen, frozen and fine-tuned, BCE and each metric loss and ASL (from
// pretrained weights too), random network and self-supervision.
std::vector<StudyPair> StudyPairs(const std::vector<std::string>& runs);

// "A:B". InvalidArgument: it is not, or one of them is none of `runs`.
absl::StatusOr<StudyPair> ParsePair(const std::string& text, const std::vector<std::string>& runs);

// "B is better", "A is better" or "no claim": ClaimOf() in words.
std::string Verdict(const PairedDifference& difference);

// The metrics of a comparison that the tables show.
std::vector<MetricComparison> HeadlineMetrics(const Comparison& comparison);

}  // namespace lookbook
