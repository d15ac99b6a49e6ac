// A flat inner-product index as a file, byte for byte what FAISS writes for an IndexFlatIP:
//
//   char[4] "IxFI" · int32 dim · int64 rows · int64[2] fillers (1 << 20) · uint8 trained (1) ·
//   int32 metric (0) · uint64 values (rows × dim) · float32[values], all little-endian and packed:
//   45 bytes, then the rows.
//
// FAISS's own reader allocates and interprets what a file says before it can be checked, its own
// writer only prints when closing the file fails, as it does on a full disk, and both link every
// kind of index with its LAPACK.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace lookbook {

// Compares the header and the size of `path` with what the caller expects; nothing is allocated by
// what it says. InvalidArgument names what differs. Else SystemRefusal(): it cannot be read.
absl::Status CheckFlatFile(const std::string& path, int dim, int64_t rows);

// Reads the rows. InvalidArgument: the file ends early. Else SystemRefusal(): it cannot be read.
// REQUIRES: CheckFlatFile(path, dim, rows) passed and out.size() == rows × dim.
absl::Status ReadFlatFile(const std::string& path, absl::Span<float> out);

// Creates or replaces `path` and fsyncs it. `vectors` is float32[rows, dim]. The message names
// `path` and the system's reason, for instance a full disk.
absl::Status WriteFlatFile(const std::string& path, int dim, absl::Span<const float> vectors);

}  // namespace lookbook
