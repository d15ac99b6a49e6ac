// The form of an index file that is not flat (flat_file.h): what FAISS 1.7.3's write_index() makes
// of each kind of index_spec.h.
//
// FAISS's reader allocates what a file says before it can be checked, and its search follows the
// links and numbers of a file without looking: of 150 damaged HNSW files 6 ended the process. So
// this walk comes before it. It compares every field with the bundle's manifest, and what a search
// would follow with what is there: list sizes and row numbers of an IVF, levels, offsets and links
// of an HNSW graph. Only the values of vectors, centres and ranges are left; those cannot lead a
// search astray, and the index checks them once they are read.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "engine/index/index_spec.h"

namespace lookbook {

// InvalidArgument names the path, the field, what is there and what is expected. NotFound: no such
// file. Holds a few numbers a row while it runs, never more than the file has bytes.
// REQUIRES: spec.kind is not kFlat; 1 <= dim <= kMaxDim, 1 <= rows <= kMaxRows.
absl::Status CheckIndexLayout(const std::string& path, const IndexSpec& spec, int dim,
                              int64_t rows);

}  // namespace lookbook
