#include "engine/index/index_factory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/index/approximate_index.h"
#include "engine/index/faiss_index.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/graph_scan.h"
#include "engine/index/inverted_scan.h"
#include "engine/index/scalar_scan.h"
#include "engine/index/search_checks.h"

namespace lookbook {
namespace {

template <typename Scan>
absl::StatusOr<std::unique_ptr<VectorIndex>> Exact(const IndexSpec& spec,
                                                   absl::StatusOr<std::unique_ptr<Scan>> scan) {
  if (!scan.ok()) return scan.status();
  return std::make_unique<FaissIndex>(*std::move(scan), spec.text);
}

template <typename Scan>
absl::StatusOr<std::unique_ptr<VectorIndex>> Approximate(const IndexSpec& spec,
                                                         absl::StatusOr<std::unique_ptr<Scan>> scan,
                                                         int effort) {
  if (!scan.ok()) return scan.status();
  if (effort == 0) effort = SearchEfforts(spec).front();
  return std::make_unique<ApproximateIndex>(spec, *std::move(scan), effort);
}

absl::Status NoSuchKind(const IndexSpec& spec) {
  return absl::InternalError(
      absl::StrCat("index kind ", static_cast<int>(spec.kind), " cannot be made"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorIndex>> BuildIndex(const IndexSpec& spec, int dim,
                                                        absl::Span<const float> vectors) {
  LB_RETURN_IF_ERROR(CheckVectors(vectors, dim));
  switch (spec.kind) {
    case IndexKind::kFlat:
      return Exact(spec, FaissScan::Build(dim, vectors));
    case IndexKind::kSq8:
    case IndexKind::kSqFp16:
      return Exact(spec, ScalarScan::Build(spec, dim, vectors));
    case IndexKind::kIvfFlat:
    case IndexKind::kIvfSq8:
      return Approximate(spec, InvertedScan::Build(spec, dim, vectors), 0);
    case IndexKind::kHnsw:
      return Approximate(spec, GraphScan::Build(spec, dim, vectors), 0);
  }
  return NoSuchKind(spec);
}

absl::StatusOr<std::unique_ptr<VectorIndex>> OpenIndex(const IndexSpec& spec,
                                                       const std::string& path, int dim,
                                                       int64_t rows, int effort) {
  LB_RETURN_IF_ERROR(CheckIndexShape(path, dim, rows));
  if (effort != 0) LB_RETURN_IF_ERROR(CheckSearchEffort(spec, effort));
  switch (spec.kind) {
    case IndexKind::kFlat:
      return Exact(spec, OpenFlatScan(spec, path, dim, rows));
    case IndexKind::kSq8:
    case IndexKind::kSqFp16:
      return Exact(spec, ScalarScan::Read(spec, path, dim, rows));
    case IndexKind::kIvfFlat:
    case IndexKind::kIvfSq8:
      return Approximate(spec, InvertedScan::Read(spec, path, dim, rows), effort);
    case IndexKind::kHnsw:
      return Approximate(spec, GraphScan::Read(spec, path, dim, rows), effort);
  }
  return NoSuchKind(spec);
}

}  // namespace lookbook
