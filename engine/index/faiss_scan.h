// The wall around FAISS: a flat inner-product scan on the CPU that returns a Status. No header of
// FAISS shows here. Small batches over all rows are FlatTopK()'s.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/index_spec.h"
#include "engine/index/row_set.h"
#include "engine/index/vector_scan.h"

namespace faiss {
struct IndexFlat;
}  // namespace faiss

namespace lookbook {

// Immutable. Thread-safe. What FAISS does runs on index_factory.h's SetSearchThreads() OpenMP
// threads, FlatTopK() on the calling one.
class FaissScan : public VectorScan {
 public:
  // Copies `vectors`, float32[n, dim]. ResourceExhausted: out of memory.
  // REQUIRES: CheckVectors() passed.
  static absl::StatusOr<std::unique_ptr<FaissScan>> Build(int dim, absl::Span<const float> vectors);

  // Takes over an index that passed the same checks.
  static std::unique_ptr<FaissScan> Adopt(std::unique_ptr<faiss::IndexFlat> index);

  // Reads what Save() or FAISS wrote.
  // InvalidArgument: the file ends early. ResourceExhausted: out of memory.
  // REQUIRES: CheckFlatFile(path, dim, rows) passed.
  static absl::StatusOr<std::unique_ptr<FaissScan>> Read(const std::string& path, int dim,
                                                         int64_t rows);

  ~FaissScan() override;

  faiss::IndexFlat* index() const;  // Owned here; what it holds must stay as it is.

  int dim() const override;
  int64_t size() const override;
  absl::Span<const float> vectors() const;  // float32[size(), dim()].
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded = nullptr) const override;
  int64_t memory_bytes() const override;
  float ScoreErrorBound() const override;  // DotErrorBound(dim()).
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;
  absl::Status Save(const std::string& path) const override;

 private:
  struct Impl;
  explicit FaissScan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The vectors of a Flat index file, whose hash the caller has checked: for an index here, or on a
// device. InvalidArgument: `spec` is another kind; or another dim, metric or count than stated.
absl::StatusOr<std::unique_ptr<FaissScan>> OpenFlatScan(const IndexSpec& spec,
                                                        const std::string& path, int dim,
                                                        int64_t rows);

}  // namespace lookbook
