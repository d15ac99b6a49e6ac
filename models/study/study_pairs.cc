#include "models/study/study_pairs.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lookbook {
namespace {

constexpr const char* kHeadlines[] = {"map", "f1_macro", "recall_at_1_j50", "ndcg_at_10"};
constexpr std::pair<const char*, const char*> kQuestions[] = {
    {"random_probe", "resnet50_frozen"},
    {"resnet50_frozen", "resnet50_finetune"},
    {"bce", "supcon"},
    {"bce", "triplet"},
    {"bce", "graded"},
    {"bce", "angular"},
    {"bce", "asl"},
    {"mobilenet_v2_pretrained", "lp_ft_asl"},
    {"random_probe", "ssl_rotation"},
    {"bce", "ssl_finetune"}};

bool Has(const std::vector<std::string>& runs, const std::string& name) {
  return std::find(runs.begin(), runs.end(), name) != runs.end();
}

}  // namespace

std::vector<std::string> SideBySide(const std::vector<std::string>& runs) {
  std::vector<std::string> out;
  for (const std::string& run : runs) {
    const bool has_twin =
        absl::StartsWith(run, kStudyPrefix) && Has(runs, run.substr(sizeof(kStudyPrefix) - 1));
    if (has_twin) continue;
    out.push_back(run);
    const std::string twin = absl::StrCat(kStudyPrefix, run);
    if (Has(runs, twin)) out.push_back(twin);
  }
  return out;
}

std::vector<StudyPair> StudyPairs(const std::vector<std::string>& runs) {
  std::vector<StudyPair> out;
  for (const auto& [a, b] : kQuestions) {
    if (Has(runs, a) && Has(runs, b)) out.push_back({a, b});
  }
  for (const std::string& run : runs) {
    const std::string twin = absl::StrCat(kStudyPrefix, run);
    if (Has(runs, twin)) out.push_back({twin, run});
  }
  return out;
}

absl::StatusOr<StudyPair> ParsePair(const std::string& text, const std::vector<std::string>& runs) {
  const std::vector<std::string> names = absl::StrSplit(text, ':');
  if (names.size() != 2)
    return absl::InvalidArgumentError(absl::StrCat("--pair \"", text, "\" is not A:B"));
  for (const std::string& name : names) {
    if (!Has(runs, name))
      return absl::InvalidArgumentError(
          absl::StrCat("--pair \"", text, "\": no recipe here is called \"", name, "\""));
  }
  return StudyPair{names[0], names[1]};
}

std::string Verdict(const PairedDifference& difference) {
  switch (ClaimOf(difference)) {
    case Claim::kABetter:
      return "A is better";
    case Claim::kBBetter:
      return "B is better";
    case Claim::kNone:
      break;
  }
  return "no claim";
}

std::vector<MetricComparison> HeadlineMetrics(const Comparison& comparison) {
  std::vector<MetricComparison> out;
  for (const char* name : kHeadlines) {
    for (const MetricComparison& metric : comparison.metrics) {
      if (metric.metric == name) out.push_back(metric);
    }
  }
  return out;
}

}  // namespace lookbook
