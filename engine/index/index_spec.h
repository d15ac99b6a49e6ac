// The text that names a kind of index in recipes and manifests: FAISS's factory words.
//
//   Flat             float32 vectors, every one compared: exact
//   SQ8              8 bits a value, every vector compared: exact over the rounded vectors
//   SQfp16           the same with 16-bit floats
//   IVF{n},Flat      n lists by k-means, float32 vectors; a search looks into `nprobe` lists
//   IVF{n},SQ8       the same with 8 bits a value of what the list's centre leaves over
//   HNSW{m}          a graph of m neighbours a vector over float32 vectors; "HNSW{m},Flat" too
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

enum class IndexKind { kFlat, kSq8, kSqFp16, kIvfFlat, kIvfSq8, kHnsw };

inline constexpr int kMaxLists = 1 << 16;
inline constexpr int kMinLinks = 4;  // Of HNSW.
inline constexpr int kMaxLinks = 64;
// What FAISS's k-means wants for each list; with fewer the centres are chance.
inline constexpr int kTrainingRowsPerList = 39;

struct IndexSpec {
  IndexKind kind = IndexKind::kFlat;
  std::string text = "Flat";  // As written by ParseIndexSpec's caller.
  int lists = 0;              // Of IVF, 1 to kMaxLists.
  int links = 0;              // Of HNSW, kMinLinks to kMaxLinks.

  bool inverted_lists() const { return kind == IndexKind::kIvfFlat || kind == IndexKind::kIvfSq8; }
  // Some rows are never looked at, unless the query wants an exact answer.
  bool approximate() const { return inverted_lists() || kind == IndexKind::kHnsw; }
  // The vectors are rounded.
  bool rounded() const {
    return kind == IndexKind::kSq8 || kind == IndexKind::kSqFp16 || kind == IndexKind::kIvfSq8;
  }
};

// InvalidArgument lists the kinds that are known, or names the number that is out of range.
absl::StatusOr<IndexSpec> ParseIndexSpec(absl::string_view text);

// Whether an index of this kind can be built from `rows` vectors. InvalidArgument: fewer than
// kTrainingRowsPerList for each list, with the most lists that would do.
absl::Status CheckTrainingRows(const IndexSpec& spec, int64_t rows);

// How much of an approximate index one search looks at: lists of an IVF (`nprobe`), or the width of
// the beam through an HNSW graph (`efSearch`). 0 where the kind has no such choice.
inline constexpr int kMinBeam = 16;
inline constexpr int kMaxBeam = 4096;

// "nprobe=16" or "efSearch=64", as the kind has it; "" = 0 for kinds that have neither.
// InvalidArgument: another word than the kind's, or a number out of range.
absl::StatusOr<int> ParseSearchEffort(const IndexSpec& spec, absl::string_view text);
std::string SearchEffortText(const IndexSpec& spec, int effort);

// InvalidArgument unless `effort` is 1 to spec.lists for IVF, kMinBeam to kMaxBeam for HNSW, 0 for
// the others.
absl::Status CheckSearchEffort(const IndexSpec& spec, int effort);

// What is tried to find the effort of a new index, smallest first: powers of two that
// CheckSearchEffort() allows. Only 0 for kinds that have none.
std::vector<int> SearchEfforts(const IndexSpec& spec);

}  // namespace lookbook
