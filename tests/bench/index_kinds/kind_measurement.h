// What one kind of index finds of a set, how fast, and in how much memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"
#include "tests/bench/index_kinds/vector_set.h"

namespace lookbook {

inline constexpr int kBenchTop = 10;

using Answers = std::vector<std::vector<Neighbor>>;  // One list a query.

struct EffortMeasurement {
  std::string search;  // "nprobe=16"; "" for kinds that have no such choice.
  double recall = 0;   // Share of the true ten nearest rows, by the vectors as they were given.
  double queries_per_second = 0;  // Of CPU time, as everything here.
  double batched_queries_per_second = 0;
};

struct KindMeasurement {
  std::string kind;
  double memory_mib = 0;
  double build_seconds = 0;
  std::vector<EffortMeasurement> efforts;  // As long as more finds more, to 999 of 1,000.
  // With a filter that half of the rows pass.
  double filtered_queries_per_second = 0;
  int64_t filtered_queries = 0;
  int64_t filtered_exact = 0;  // Of them: same rows and similarities as brute force in double.
};

struct MeasureKindOptions {
  double seconds = 1;  // At least so long for each speed.
  int batch = 8;       // Of `batched_queries_per_second`.
  uint32_t seed = 1;   // Of the filter.
};

// `truth`: the exact answers. One thread, like one embed worker.
absl::StatusOr<KindMeasurement> MeasureKind(const IndexSpec& spec, const VectorSet& set,
                                            const Answers& truth,
                                            const MeasureKindOptions& options);

// The exact answers, by an index Flat.
absl::StatusOr<Answers> TrueAnswers(const VectorSet& set);

}  // namespace lookbook
