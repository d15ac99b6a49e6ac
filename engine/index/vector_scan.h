// What proposes candidates: a pass over all vectors of an index, on whatever device, or a look at
// some of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/row_set.h"

namespace lookbook {

// Immutable. Thread-safe.
class VectorScan {
 public:
  virtual ~VectorScan() = default;

  virtual int dim() const = 0;
  virtual int64_t size() const = 0;
  // The stored unit vector of `row`. It lies in the index, or in `decoded` where the index keeps it
  // rounded; then it is gone with the next use of `decoded`.
  virtual absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const = 0;
  // The bytes that the vectors, and what finds them, take in memory.
  virtual int64_t memory_bytes() const = 0;

  // An upper bound of |score that TopK() gives - exact dot product| of two unit vectors. It also
  // holds for the scores that RowsAbove() compares.
  virtual float ScoreErrorBound() const = 0;

  // The k best rows of each query by score, worst last. Position i * k + j is the j-th of query i;
  // a row of -1 fills up when there are fewer than k. Rows that tie with the k-th may be left out,
  // in any choice.
  struct Hits {
    std::vector<int64_t> rows;
    std::vector<float> scores;
  };
  // `queries` is float32[n, dim]; `allowed`, when not null, lists the only rows that qualify.
  // Internal: the engine refused, for instance k = 0. ResourceExhausted: out of memory.
  virtual absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                                    const std::vector<int64_t>* allowed) const = 0;

  // Every row whose score for the one `query` is above `score`, in no order; only rows of `allowed`
  // unless that is null.
  virtual absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                         const RowSet* allowed) const = 0;

  // Writes a file that OpenIndex() reads, and fsyncs it. The code is that of the system's refusal;
  // the message names `path`.
  virtual absl::Status Save(const std::string& path) const = 0;
};

// A scan with a shorter way: it proposes candidates without a look at all vectors, and may miss
// some of the best.
class ShortlistScan : public VectorScan {
 public:
  // At least `k` candidates of each query, -1 where fewer were found: rows.size() / n of each
  // query, worst last. `effort` as CheckSearchEffort() allows it. Errors are those of TopK().
  virtual absl::StatusOr<Hits> Shortlist(absl::Span<const float> queries, int64_t k,
                                         int effort) const = 0;
};

}  // namespace lookbook
