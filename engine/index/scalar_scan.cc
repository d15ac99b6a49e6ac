#include "engine/index/scalar_scan.h"

#include <faiss/IndexScalarQuantizer.h>

#include <utility>

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/faiss_file.h"
#include "engine/index/rounded_vectors.h"
#include "engine/index/row_selector.h"
#include "engine/index/search_threads.h"

namespace lookbook {

using Quantizer = faiss::ScalarQuantizer;

struct ScalarScan::Impl {
  std::unique_ptr<faiss::IndexScalarQuantizer> index;
  std::unique_ptr<Quantizer::SQuantizer> decoder;
  float length_error = 0;

  void Decode(int64_t row, float* values) const {
    decoder->decode_vector(index->codes.data() + static_cast<size_t>(row) * index->code_size,
                           values);
  }
};

ScalarScan::ScalarScan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScalarScan::~ScalarScan() = default;

absl::StatusOr<std::unique_ptr<ScalarScan>> ScalarScan::Finish(std::unique_ptr<Impl> impl) {
  impl->decoder.reset(impl->index->sq.select_quantizer());
  const Impl& made = *impl;
  LB_ASSIGN_OR_RETURN(impl->length_error,
                      LargestLengthError(made.index->ntotal, static_cast<int>(made.index->d),
                                         [&](int64_t row, float* to) { made.Decode(row, to); }));
  return std::unique_ptr<ScalarScan>(new ScalarScan(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<ScalarScan>> ScalarScan::Build(const IndexSpec& spec, int dim,
                                                              absl::Span<const float> vectors) {
  return CatchToStatus("FAISS build", [&]() -> absl::StatusOr<std::unique_ptr<ScalarScan>> {
    const ScopedOneThread threads;
    auto impl = std::make_unique<Impl>();
    impl->index = std::make_unique<faiss::IndexScalarQuantizer>(
        dim, spec.kind == IndexKind::kSqFp16 ? Quantizer::QT_fp16 : Quantizer::QT_8bit,
        faiss::METRIC_INNER_PRODUCT);
    const auto rows = static_cast<int64_t>(vectors.size()) / dim;
    impl->index->train(rows, vectors.data());
    impl->index->add(rows, vectors.data());
    return Finish(std::move(impl));
  });
}

absl::StatusOr<std::unique_ptr<ScalarScan>> ScalarScan::Read(const IndexSpec& spec,
                                                             const std::string& path, int dim,
                                                             int64_t rows) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<faiss::Index> read, ReadFaissFile(path, spec, dim, rows));
  return CatchToStatus("FAISS read", [&]() -> absl::StatusOr<std::unique_ptr<ScalarScan>> {
    auto impl = std::make_unique<Impl>();
    LB_ASSIGN_OR_RETURN(impl->index, AsKind<faiss::IndexScalarQuantizer>(std::move(read), path));
    return NamingFile(path, Finish(std::move(impl)));
  });
}

int ScalarScan::dim() const { return static_cast<int>(impl_->index->d); }
int64_t ScalarScan::size() const { return impl_->index->ntotal; }

absl::Span<const float> ScalarScan::row(int64_t row, std::vector<float>* decoded) const {
  decoded->resize(static_cast<size_t>(dim()));
  impl_->Decode(row, decoded->data());
  ScaleToUnit(absl::MakeSpan(*decoded));
  return *decoded;
}

int64_t ScalarScan::memory_bytes() const {
  return static_cast<int64_t>(impl_->index->codes.size());
}

float ScalarScan::ScoreErrorBound() const {
  return RoundedScoreErrorBound(dim(), impl_->length_error);
}

absl::StatusOr<VectorScan::Hits> ScalarScan::TopK(absl::Span<const float> queries, int64_t k,
                                                  const std::vector<int64_t>* allowed) const {
  return CatchToStatus("FAISS search", [&]() -> absl::StatusOr<Hits> {
    return SearchCoded(*impl_->index, queries, k, allowed, faiss::SearchParameters());
  });
}

absl::StatusOr<std::vector<int64_t>> ScalarScan::RowsAbove(absl::Span<const float> query,
                                                           float score,
                                                           const RowSet* allowed) const {
  return CatchToStatus("index scan", [&]() -> absl::StatusOr<std::vector<int64_t>> {
    return RowsAboveExactly(*this, query, score, allowed);
  });
}

absl::Status ScalarScan::Save(const std::string& path) const {
  return WriteFaissFile(path, *impl_->index);
}

}  // namespace lookbook
