// Builds and opens indexes behind VectorIndex.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/index/index_spec.h"
#include "engine/index/vector_index.h"

namespace lookbook {

// `vectors` is float32[n, dim], unit rows; row i of the index is row i here.
// InvalidArgument: empty, not a multiple of `dim`, non-finite, or not of unit length (1e-3); too
// few to train the lists of an IVF. Approximate kinds begin with the least effort; a query may ask
// for more.
absl::StatusOr<std::unique_ptr<VectorIndex>> BuildIndex(const IndexSpec& spec, int dim,
                                                        absl::Span<const float> vectors);

// Opens a file whose hash the caller has checked: a hostile FAISS file can take over the process.
// `effort`: of queries that do not choose one, as CheckSearchEffort() wants it; 0 = the least.
// InvalidArgument: another kind, dim, metric or count than stated, or damaged.
absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                       const std::string& path, int dim,
                                                       int64_t rows, int effort = 0);

// OpenMP threads of one Search() call of many queries or with a filter, for the whole process;
// values below 1 count as 1, the default. With several threads that search, more than 1 is slower,
// and teams that spin on a shared machine are 15 to 25 times slower. Thread-safe; calls that run
// already keep what they had.
void SetSearchThreads(int threads);

}  // namespace lookbook
