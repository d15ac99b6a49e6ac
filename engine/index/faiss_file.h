// FAISS's own file format, written and read so that a full disk or a damaged file is a Status.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/index/index_spec.h"

namespace faiss {
struct Index;
}  // namespace faiss

namespace lookbook {

// Replaces `path` by what FAISS's write_index() makes of `index`, so that a reader, or a crash at
// any point, sees the old file or the new one whole (temporary file, fsync, rename). On failure the
// temporary file is gone. The code is that of the system's refusal; the message names `path`.
absl::Status WriteFaissFile(const std::string& path, const faiss::Index& index);

// Reads such a file after CheckIndexLayout(), whose errors it returns. Internal: FAISS refuses it
// all the same. SystemRefusal(): it cannot be read. ResourceExhausted: out of memory.
absl::StatusOr<std::unique_ptr<faiss::Index>> ReadFaissFile(const std::string& path,
                                                            const IndexSpec& spec, int dim,
                                                            int64_t rows);

// InvalidArgument, naming `path`: what was read from it is an index of another kind.
absl::Status OtherKindError(const std::string& path);

// What ReadFaissFile() gave, as the class that it must be of. OtherKindError: it is not.
template <typename Kind>
absl::StatusOr<std::unique_ptr<Kind>> AsKind(std::unique_ptr<faiss::Index> index,
                                             const std::string& path) {
  auto* const kind = dynamic_cast<Kind*>(index.get());
  if (kind == nullptr) return OtherKindError(path);
  index.release();
  return std::unique_ptr<Kind>(kind);
}

// `result`; a refusal of the values, InvalidArgument, with the name of the file that they are from.
template <typename T>
absl::StatusOr<T> NamingFile(const std::string& path, absl::StatusOr<T> result) {
  if (!absl::IsInvalidArgument(result.status())) return result;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", result.status().message()));
}

}  // namespace lookbook
