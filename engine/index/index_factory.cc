#include "engine/index/index_factory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/index/faiss_index.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/flat_file.h"
#include "engine/index/search_checks.h"

namespace lookbook {
namespace {

absl::StatusOr<std::unique_ptr<VectorIndex>> BuildFlat(int dim, absl::Span<const float> vectors) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<FaissScan> scan, FaissScan::Build(dim, vectors));
  return std::make_unique<FaissIndex>(std::move(scan));
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorIndex>> BuildIndex(const IndexSpec& spec, int dim,
                                                        absl::Span<const float> vectors) {
  LB_RETURN_IF_ERROR(CheckVectors(vectors, dim));
  switch (spec.kind) {
    case IndexKind::kFlat:
      return BuildFlat(dim, vectors);
  }
  return absl::InternalError(
      absl::StrCat("index kind ", static_cast<int>(spec.kind), " has no builder"));
}

absl::StatusOr<std::unique_ptr<FaissScan>> OpenFlatScan(const IndexSpec& spec,
                                                        const std::string& path, int dim,
                                                        int64_t rows) {
  if (dim < 1 || dim > kMaxDim || rows < 1 || rows > kMaxRows) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", rows, " rows of ", dim, " dimensions cannot be"));
  }
  switch (spec.kind) {
    case IndexKind::kFlat:
      break;
  }
  LB_RETURN_IF_ERROR(CheckFlatFile(path, dim, rows));
  LB_ASSIGN_OR_RETURN(std::unique_ptr<FaissScan> scan, FaissScan::Read(path, dim, rows));
  if (absl::Status status = CheckVectors(scan->vectors(), dim); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
  }
  return scan;
}

absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                       const std::string& path, int dim,
                                                       int64_t rows) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<FaissScan> scan, OpenFlatScan(spec, path, dim, rows));
  return std::make_unique<FaissIndex>(std::move(scan));
}

}  // namespace lookbook
