// Unit vectors in, nearest rows out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/row_set.h"

namespace lookbook {

struct Neighbor {
  int64_t row = 0;       // Row in the bundle's item table, never shown to callers.
  float similarity = 0;  // Cosine in [-1, 1]; larger is closer.
};

// What one query asks for.
struct QueryOptions {
  int top_k = 10;             // 1 to kMaxTopK.
  float min_similarity = -2;  // Neighbours below it are left out; the default leaves out none.
  const RowSet* allowed =
      nullptr;                // Only these rows qualify; null = all. Not owned; outlives the call.
  int64_t excluded_row = -1;  // This row never qualifies; -1 = none.
  // The answer of a pass over all qualifying rows, also where the index could take a shorter way.
  // With `allowed`, `excluded_row` or a `min_similarity` above -1 it always is.
  bool exact = false;
  int effort = 0;  // nprobe or efSearch of an approximate index; 0 = its own.
};

inline constexpr int kMaxTopK = 1000;

// An immutable index: built once, then only searched.
// Thread-safe: any number of threads may call Search() at the same time.
class VectorIndex {
 public:
  virtual ~VectorIndex() = default;
  virtual int dim() const = 0;
  virtual int64_t size() const = 0;
  virtual std::string spec() const = 0;  // "Flat", "IVF256,Flat", …; index_spec.h.
  // The effort of queries that choose none: "nprobe=16", "efSearch=64"; "" for exact kinds.
  virtual std::string search() const { return ""; }
  // The bytes that the vectors, and what finds them, take in memory.
  virtual int64_t memory_bytes() const {
    return size() * dim() * static_cast<int64_t>(sizeof(float));
  }

  // Searches a row-major batch of `queries.size() / dim()` unit vectors, one QueryOptions each, and
  // returns one list per query, best first, ties by lower row. A list is shorter than `top_k` only
  // when fewer items qualify. An approximate index (IVF, HNSW) may miss some of the best where the
  // query allows it; similarities and their order are exact all the same.
  //
  // InvalidArgument: `queries` is empty, holds a non-finite value or does not fit options.size() ×
  // dim(), or an option is out of range. ResourceExhausted: out of memory.
  virtual absl::StatusOr<std::vector<std::vector<Neighbor>>> Search(
      absl::Span<const float> queries, absl::Span<const QueryOptions> options) const = 0;

  // The stored vector of `row`, dim() values of unit length: rounded, where the kind rounds (SQ).
  // OutOfRange: no such row.
  virtual absl::StatusOr<std::vector<float>> Vector(int64_t row) const = 0;

  // Writes the index to a file that OpenIndex reads.
  virtual absl::Status Save(const std::string& path) const = 0;
};

}  // namespace lookbook
