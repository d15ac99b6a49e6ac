// SQ8 and SQfp16 behind FAISS's scalar quantizer: a quarter and a half of the memory of Flat, and
// every vector compared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/index_spec.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Immutable. Thread-safe. Its vectors are those of rounded_vectors.h.
class ScalarScan : public VectorScan {
 public:
  // ResourceExhausted: out of memory.
  // REQUIRES: CheckVectors() passed; spec.kind is kSq8 or kSqFp16.
  static absl::StatusOr<std::unique_ptr<ScalarScan>> Build(const IndexSpec& spec, int dim,
                                                           absl::Span<const float> vectors);
  // Reads what Save() or FAISS wrote. InvalidArgument: not this kind, dimension and number of rows,
  // or damaged.
  static absl::StatusOr<std::unique_ptr<ScalarScan>> Read(const IndexSpec& spec,
                                                          const std::string& path, int dim,
                                                          int64_t rows);
  ~ScalarScan() override;

  int dim() const override;
  int64_t size() const override;
  absl::Span<const float> row(int64_t row, std::vector<float>* decoded) const override;
  int64_t memory_bytes() const override;
  float ScoreErrorBound() const override;
  absl::StatusOr<Hits> TopK(absl::Span<const float> queries, int64_t k,
                            const std::vector<int64_t>* allowed) const override;
  absl::StatusOr<std::vector<int64_t>> RowsAbove(absl::Span<const float> query, float score,
                                                 const RowSet* allowed) const override;
  absl::Status Save(const std::string& path) const override;

 private:
  struct Impl;
  explicit ScalarScan(std::unique_ptr<Impl> impl);
  static absl::StatusOr<std::unique_ptr<ScalarScan>> Finish(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
