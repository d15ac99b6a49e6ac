// The wall around FAISS: a flat inner-product scan that returns a Status. No FAISS type shows here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/row_set.h"

namespace lookbook {

// Immutable. Thread-safe. Every method runs on index_factory.h's SetSearchThreads() OpenMP threads.
class FaissScan {
 public:
  // Copies `vectors`, float32[n, dim]. ResourceExhausted: out of memory.
  // REQUIRES: CheckVectors() passed.
  static absl::StatusOr<std::unique_ptr<FaissScan>> Build(int dim, absl::Span<const float> vectors);

  // Reads what Save() or FAISS wrote.
  // InvalidArgument: the file ends early. ResourceExhausted: out of memory.
  // REQUIRES: CheckFlatFile(path, dim, rows) passed.
  static absl::StatusOr<std::unique_ptr<FaissScan>> Read(const std::string& path, int dim,
                                                         int64_t rows);

  ~FaissScan();

  int dim() const;
  int64_t size() const;
  absl::Span<const float> vectors() const;  // float32[size(), dim()].
  absl::Span<const float> row(int64_t row) const;

  // The k best rows of each query by float32 score, worst last. Position i * k + j is the j-th of
  // query i; a row of -1 fills up when there are fewer than k. Rows that tie with the k-th may be
  // left out, in any choice.
  struct Hits {
    std::vector<int64_t> rows;
    std::vector<float> scores;
  };
  // `queries` is float32[n, dim]; `allowed`, when not null, lists the only rows that qualify.
  // Internal: FAISS refused, for instance k = 0. ResourceExhausted: out of memory.
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const;

  // Every row whose float32 score for the one `query` is above `score`, in no order; only rows of
  // `allowed` unless that is null.
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const;

  // Writes a file that Read() reads, and fsyncs it. The code is that of the system's refusal; the
  // message names `path`.
  absl::Status Save(const std::string& path) const;

 private:
  struct Impl;
  explicit FaissScan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
