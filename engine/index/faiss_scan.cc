#include "engine/index/faiss_scan.h"

#include <faiss/IndexFlat.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/IDSelector.h>

#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/dot_kernels.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/flat_file.h"
#include "engine/index/flat_top_k.h"
#include "engine/index/search_checks.h"
#include "engine/index/search_threads.h"

namespace lookbook {
namespace {

// Batches up to this size go over the rows with FlatTopK(), which reads them once, whatever the
// number of queries. FAISS takes query by query below 20, and multiplies matrices from there on,
// which pays for more than these. docs/performance.md has the figures.
constexpr int64_t kFlatTopKQueries = 32;

const DotKernel& FastestKernel() {
  static const DotKernel kernel = DotKernels().front();
  return kernel;
}

}  // namespace

struct FaissScan::Impl {
  std::unique_ptr<faiss::IndexFlat> index;
};

FaissScan::FaissScan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FaissScan::~FaissScan() = default;

absl::StatusOr<std::unique_ptr<FaissScan>> FaissScan::Build(int dim,
                                                            absl::Span<const float> vectors) {
  return CatchToStatus("FAISS build", [&]() -> absl::StatusOr<std::unique_ptr<FaissScan>> {
    auto index = std::make_unique<faiss::IndexFlatIP>(dim);
    index->add(static_cast<int64_t>(vectors.size()) / dim, vectors.data());
    return Adopt(std::move(index));
  });
}

absl::StatusOr<std::unique_ptr<FaissScan>> FaissScan::Read(const std::string& path, int dim,
                                                           int64_t rows) {
  return CatchToStatus("FAISS build", [&]() -> absl::StatusOr<std::unique_ptr<FaissScan>> {
    auto index = std::make_unique<faiss::IndexFlatIP>(dim);
    const size_t values = static_cast<size_t>(rows) * dim;
    index->codes.resize(values *
                        sizeof(float));  // Straight into place: the rows are never held twice.
    LB_RETURN_IF_ERROR(ReadFlatFile(path, absl::MakeSpan(index->get_xb(), values)));
    index->ntotal = rows;
    return Adopt(std::move(index));
  });
}

std::unique_ptr<FaissScan> FaissScan::Adopt(std::unique_ptr<faiss::IndexFlat> index) {
  return std::unique_ptr<FaissScan>(new FaissScan(std::make_unique<Impl>(Impl{std::move(index)})));
}

faiss::IndexFlat* FaissScan::index() const { return impl_->index.get(); }

int64_t FaissScan::memory_bytes() const {
  return size() * dim() * static_cast<int64_t>(sizeof(float));
}

int FaissScan::dim() const { return static_cast<int>(impl_->index->d); }
int64_t FaissScan::size() const { return impl_->index->ntotal; }

absl::Span<const float> FaissScan::vectors() const {
  return absl::MakeConstSpan(impl_->index->get_xb(), static_cast<size_t>(size()) * dim());
}

absl::Span<const float> FaissScan::row(int64_t row, std::vector<float>*) const {
  return vectors().subspan(static_cast<size_t>(row) * dim(), dim());
}

float FaissScan::ScoreErrorBound() const { return DotErrorBound(dim()); }

absl::StatusOr<VectorScan::Hits> FaissScan::TopK(absl::Span<const float> queries, int64_t k,
                                                 const std::vector<int64_t>* allowed) const {
  return CatchToStatus("FAISS search", [&]() -> absl::StatusOr<Hits> {
    const int64_t n = static_cast<int64_t>(queries.size()) / dim();
    if (allowed == nullptr && n <= kFlatTopKQueries && k > 0)
      return FlatTopK(vectors(), dim(), queries, k, FastestKernel());
    Hits hits{std::vector<int64_t>(n * k), std::vector<float>(n * k)};
    ScopedSearchThreads threads;
    if (allowed == nullptr) {
      impl_->index->search(n, queries.data(), k, hits.scores.data(), hits.rows.data());
      return hits;
    }
    // A list of rows, not a bitmap: FAISS then reads these rows alone. Measured on 200k × 128, one
    // query, bitmap against list: 0.1 % of the rows 0.28 / 0.005 ms, 1 % 0.36 / 0.04, 10 % 2.8
    // / 1.1, 50 % 6.4 / 5.2, 100 % 3.4 / 3.2.
    faiss::IDSelectorArray selector(allowed->size(), allowed->data());
    faiss::SearchParameters parameters;
    parameters.sel = &selector;
    impl_->index->search(n, queries.data(), k, hits.scores.data(), hits.rows.data(), &parameters);
    return hits;
  });
}

absl::StatusOr<std::vector<int64_t>> FaissScan::RowsAbove(absl::Span<const float> query,
                                                          float score,
                                                          const RowSet* allowed) const {
  static_assert(std::endian::native == std::endian::little,
                "a RowSet's words are read as FAISS's bytes");
  return CatchToStatus("FAISS range search", [&]() -> absl::StatusOr<std::vector<int64_t>> {
    faiss::RangeSearchResult result(1);
    ScopedSearchThreads threads;
    if (allowed == nullptr) {
      impl_->index->range_search(1, query.data(), score, &result);
    } else {
      faiss::IDSelectorBitmap selector(allowed->words().size() * sizeof(uint64_t),
                                       reinterpret_cast<const uint8_t*>(allowed->words().data()));
      faiss::SearchParameters parameters;
      parameters.sel = &selector;
      impl_->index->range_search(1, query.data(), score, &result, &parameters);
    }
    return std::vector<int64_t>(result.labels + result.lims[0], result.labels + result.lims[1]);
  });
}

absl::Status FaissScan::Save(const std::string& path) const {
  return WriteFlatFile(path, dim(), vectors());
}

absl::StatusOr<std::unique_ptr<FaissScan>> OpenFlatScan(const IndexSpec& spec,
                                                        const std::string& path, int dim,
                                                        int64_t rows) {
  LB_RETURN_IF_ERROR(CheckIndexShape(path, dim, rows));
  if (spec.kind != IndexKind::kFlat) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": an index \"", spec.text,
                     "\" is searched on the CPU; a device holds \"Flat\" alone"));
  }
  LB_RETURN_IF_ERROR(CheckFlatFile(path, dim, rows));
  LB_ASSIGN_OR_RETURN(std::unique_ptr<FaissScan> scan, FaissScan::Read(path, dim, rows));
  if (absl::Status status = CheckVectors(scan->vectors(), dim); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
  }
  return scan;
}

}  // namespace lookbook
