// A list of rows as FAISS's scans of coded vectors want it: one bit a row. (For flat vectors a list
// is faster, faiss_scan.cc.)
#pragma once

#include <faiss/Index.h>
#include <faiss/impl/IDSelector.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/index/row_set.h"
#include "engine/index/search_threads.h"
#include "engine/index/vector_scan.h"

namespace lookbook {

// Immutable. Outlives the search that its selector() is given to.
class RowSelector {
 public:
  // Every row, when `allowed` is null: then selector() is null, too.
  RowSelector(int64_t rows, const std::vector<int64_t>* allowed)
      : set_(allowed == nullptr ? RowSet() : RowSet(rows)),
        bitmap_(set_.words().size() * sizeof(uint64_t),
                reinterpret_cast<const uint8_t*>(set_.words().data())),
        all_(allowed == nullptr) {
    static_assert(std::endian::native == std::endian::little,
                  "a RowSet's words are read as FAISS's bytes");
    if (allowed == nullptr) return;
    for (const int64_t row : *allowed) set_.Insert(row);
  }
  RowSelector(const RowSelector&) = delete;
  RowSelector& operator=(const RowSelector&) = delete;

  faiss::IDSelector* selector() { return all_ ? nullptr : &bitmap_; }

 private:
  RowSet set_;
  faiss::IDSelectorBitmap bitmap_;
  const bool all_;
};

// VectorScan::TopK() of an index of coded vectors, with the further parameters of its kind. Throws
// what FAISS throws.
template <typename Parameters>
VectorScan::Hits SearchCoded(const faiss::Index& index, absl::Span<const float> queries, int64_t k,
                             const std::vector<int64_t>* allowed, Parameters parameters) {
  const int64_t n = static_cast<int64_t>(queries.size()) / index.d;
  VectorScan::Hits hits{std::vector<int64_t>(n * k), std::vector<float>(n * k)};
  RowSelector rows(index.ntotal, allowed);
  parameters.sel = rows.selector();
  const ScopedSearchThreads threads;
  index.search(n, queries.data(), k, hits.scores.data(), hits.rows.data(), &parameters);
  return hits;
}

}  // namespace lookbook
