// IVF{n},Flat and IVF{n},SQ8 behind FAISS: vectors in lists by their nearest centre. A shortlist
// looks into `nprobe` lists, a scan into all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/index_spec.h"
#include "engine/index/vector_scan.h"

namespace faiss {
struct IndexIVF;
}  // namespace faiss

namespace lookbook {

// Candidates of a shortlist beyond the k asked for: double arithmetic may order the last ones anew.
inline constexpr int64_t kShortlistSlack = 16;

// Immutable. Thread-safe: nprobe goes with each call. The vectors of SQ8 are those of
// rounded_vectors.h, those of Flat what was built from.
class InvertedScan : public ShortlistScan {
 public:
  // Seeded k-means on one thread: the same vectors make the same lists. InvalidArgument:
  // CheckTrainingRows(). ResourceExhausted: out of memory.
  // REQUIRES: CheckVectors() passed; spec.inverted_lists().
  static absl::StatusOr<std::unique_ptr<InvertedScan>> Build(const IndexSpec& spec, int dim,
                                                             absl::Span<const float> vectors);
  // Reads what Save() or FAISS wrote. InvalidArgument: not this kind, dimension and number of rows,
  // or damaged.
  static absl::StatusOr<std::unique_ptr<InvertedScan>> Read(const IndexSpec& spec,
                                                            const std::string& path, int dim,
                                                            int64_t rows);
  ~InvertedScan() override;

  const faiss::IndexIVF& index() const;  // Owned here.
  int lists() const;
  bool rounded() const;  // SQ8.

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
  explicit InvertedScan(std::unique_ptr<Impl> impl);
  // Finds each row's place and checks the values. InvalidArgument: what LargestLengthError() or
  // CheckVectors() says.
  static absl::StatusOr<std::unique_ptr<InvertedScan>> Finish(std::unique_ptr<Impl> impl);
  absl::StatusOr<Hits> Search(absl::Span<const float> queries, int64_t k, int lists,
                              const std::vector<int64_t>* allowed) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
