// evaluation.json of a run, read back for reports.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

struct EvaluatedClass {
  uint32_t id = 0;
  std::string name;
  int64_t support = 0;
  double ap = kNotMeasured;  // NaN without a positive.
  double f1 = kNotMeasured;
  double f1_tuned = kNotMeasured;   // NaN where the set may not judge thresholds;
  double threshold = kNotMeasured;  // the same.
};

// Two classes that come together; CoOccurrence says what the counts are of.
struct EvaluatedPair {
  std::string first, second;  // Names.
  int64_t images = 0;
  int64_t both = 0, first_alone = 0, second_alone = 0, neither = 0, invented = 0;
};

struct EvaluationFacts {
  std::string split;
  int64_t images = 0;
  std::map<std::string, double> values;  // EvaluationValues; null is NaN.
  // The same names, as far as chance has a number for them: in expectation over random orders, and
  // with the commonest labels first. "f1_macro" of `random` is what calling every class on every
  // image gives.
  std::map<std::string, double> random;
  std::map<std::string, double> frequency;
  std::vector<EvaluatedClass> classes;
  std::vector<EvaluatedPair> pairs;  // The commonest first. Earlier versions wrote none.
};

// DataLoss: not what EvaluationToJson writes.
absl::StatusOr<EvaluationFacts> ParseEvaluation(absl::string_view json);

// NaN when there is no such name.
double ValueOf(const std::map<std::string, double>& values, absl::string_view name);

}  // namespace lookbook
