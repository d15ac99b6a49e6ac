// HNSW{m} behind FAISS: a graph over flat vectors. A shortlist follows its links with a beam of
// `efSearch` rows; a scan reads the vectors and leaves the graph alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/index_spec.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Immutable. Thread-safe: efSearch goes with each call. Each row costs 8 m + 20 bytes and its
// vector.
class GraphScan : public ShortlistScan {
 public:
  // Seeded, on one thread: the same vectors make the same graph. ResourceExhausted: out of memory.
  // InvalidArgument: more rows than HNSW can number, 2^31 - 1.
  // REQUIRES: CheckVectors() passed; spec.kind is kHnsw.
  static absl::StatusOr<std::unique_ptr<GraphScan>> Build(const IndexSpec& spec, int dim,
                                                          absl::Span<const float> vectors);
  // Reads what Save() or FAISS wrote. InvalidArgument: not this kind, dimension and number of rows,
  // or damaged.
  static absl::StatusOr<std::unique_ptr<GraphScan>> Read(const IndexSpec& spec,
                                                         const std::string& path, int dim,
                                                         int64_t rows);
  ~GraphScan() override;

  int dim() const override;
  int64_t size() const override;
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const override;
  int64_t memory_bytes() const override;
  float ScoreErrorBound() const override;
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;
  absl::StatusOr<Hits> Shortlist(absl::Span<const float> queries, int64_t k,
                                 int effort) const override;
  absl::Status Save(const std::string& path) const override;

 private:
  struct Impl;
  explicit GraphScan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
