#include "engine/index/inverted_scan.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexScalarQuantizer.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/exact_top_k.h"
#include "engine/index/faiss_file.h"
#include "engine/index/rounded_vectors.h"
#include "engine/index/row_selector.h"
#include "engine/index/search_checks.h"
#include "engine/index/search_threads.h"

namespace lookbook {
namespace {

constexpr int kSeed = 7;
// A row's place: its list above, its position in the list below.
constexpr int kPlaceBits = 40;
static_assert(kMaxRows <= int64_t{1} << kPlaceBits);

std::unique_ptr<faiss::IndexIVF> MakeEmpty(const IndexSpec& spec, int dim) {
  const auto lists = static_cast<size_t>(spec.lists);
  auto centres = std::make_unique<faiss::IndexFlatIP>(dim);
  std::unique_ptr<faiss::IndexIVF> index;
  if (spec.kind == IndexKind::kIvfSq8) {
    index = std::make_unique<faiss::IndexIVFScalarQuantizer>(
        centres.get(), dim, lists, faiss::ScalarQuantizer::QT_8bit, faiss::METRIC_INNER_PRODUCT);
  } else {
    index = std::make_unique<faiss::IndexIVFFlat>(centres.get(), dim, lists,
                                                  faiss::METRIC_INNER_PRODUCT);
  }
  centres.release();
  index->own_fields = true;
  index->cp.seed = kSeed;
  return index;
}

}  // namespace

struct InvertedScan::Impl {
  std::unique_ptr<faiss::IndexIVF> index;
  bool rounded = false;
  const faiss::IndexFlat* centres = nullptr;                    // The index's.
  std::unique_ptr<faiss::ScalarQuantizer::SQuantizer> decoder;  // Where it rounds.
  std::vector<int64_t> places;                                  // Of each row.
  float length_error = 0;

  int64_t List(int64_t row) const { return places[row] >> kPlaceBits; }
  int64_t Position(int64_t row) const { return places[row] & ((int64_t{1} << kPlaceBits) - 1); }
  // FAISS's own reconstruct_from_offset() starts an OpenMP team for every row.
  void Decode(int64_t row, float* values) const {
    const auto list = static_cast<size_t>(List(row));
    const uint8_t* code =
        index->invlists->get_single_code(list, static_cast<size_t>(Position(row)));
    if (!rounded) {
      std::memcpy(values, code, index->code_size);
      return;
    }
    decoder->decode_vector(code, values);
    const float* centre = centres->get_xb() + list * static_cast<size_t>(index->d);
    for (int j = 0; j < index->d; ++j) values[j] += centre[j];
  }

  void FindPlaces() {
    places.resize(static_cast<size_t>(index->ntotal));
    for (size_t list = 0; list < index->nlist; ++list) {
      const size_t rows = index->invlists->list_size(list);
      faiss::InvertedLists::ScopedIds ids(index->invlists, list);
      for (size_t i = 0; i < rows; ++i) {
        places[static_cast<size_t>(ids.get()[i])] =
            static_cast<int64_t>(list) << kPlaceBits | static_cast<int64_t>(i);
      }
    }
  }

  // InvalidArgument: the parts of `index` are not those of its kind, or a centre is no number,
  // which would hide its list from every search.
  absl::Status FindParts() {
    centres = dynamic_cast<const faiss::IndexFlat*>(index->quantizer);
    if (centres == nullptr) return absl::InvalidArgumentError("the list centres are not flat");
    const float* values = centres->get_xb();
    const size_t count = index->nlist * static_cast<size_t>(index->d);
    if (!std::all_of(values, values + count, [](float value) { return std::isfinite(value); })) {
      return absl::InvalidArgumentError("a list centre is not finite");
    }
    if (!rounded) return absl::OkStatus();
    const auto* quantized = dynamic_cast<const faiss::IndexIVFScalarQuantizer*>(index.get());
    if (quantized == nullptr) return absl::InvalidArgumentError("the vectors are not rounded");
    decoder.reset(quantized->sq.select_quantizer());
    return absl::OkStatus();
  }
};

InvertedScan::InvertedScan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InvertedScan::~InvertedScan() = default;

absl::StatusOr<std::unique_ptr<InvertedScan>> InvertedScan::Finish(std::unique_ptr<Impl> impl) {
  LB_RETURN_IF_ERROR(impl->FindParts());
  impl->FindPlaces();
  const Impl& made = *impl;
  LB_ASSIGN_OR_RETURN(impl->length_error,
                      LargestLengthError(made.index->ntotal, static_cast<int>(made.index->d),
                                         [&](int64_t row, float* to) { made.Decode(row, to); }));
  if (!made.rounded && made.length_error > kUnitLengthTolerance) {
    return absl::InvalidArgumentError(
        absl::StrCat("the length of a row is off by ", made.length_error));
  }
  return std::unique_ptr<InvertedScan>(new InvertedScan(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<InvertedScan>> InvertedScan::Build(const IndexSpec& spec, int dim,
                                                                  absl::Span<const float> vectors) {
  const auto rows = static_cast<int64_t>(vectors.size()) / dim;
  LB_RETURN_IF_ERROR(CheckTrainingRows(spec, rows));
  return CatchToStatus("FAISS build", [&]() -> absl::StatusOr<std::unique_ptr<InvertedScan>> {
    const ScopedOneThread threads;
    auto impl = std::make_unique<Impl>();
    impl->index = MakeEmpty(spec, dim);
    impl->rounded = spec.rounded();
    impl->index->train(rows, vectors.data());
    impl->index->add(rows, vectors.data());
    return Finish(std::move(impl));
  });
}

absl::StatusOr<std::unique_ptr<InvertedScan>> InvertedScan::Read(const IndexSpec& spec,
                                                                 const std::string& path, int dim,
                                                                 int64_t rows) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<faiss::Index> read, ReadFaissFile(path, spec, dim, rows));
  return CatchToStatus("FAISS read", [&]() -> absl::StatusOr<std::unique_ptr<InvertedScan>> {
    auto impl = std::make_unique<Impl>();
    LB_ASSIGN_OR_RETURN(impl->index, AsKind<faiss::IndexIVF>(std::move(read), path));
    impl->rounded = spec.rounded();
    return NamingFile(path, Finish(std::move(impl)));
  });
}

const faiss::IndexIVF& InvertedScan::index() const { return *impl_->index; }
int InvertedScan::lists() const { return static_cast<int>(impl_->index->nlist); }
bool InvertedScan::rounded() const { return impl_->rounded; }
int InvertedScan::dim() const { return static_cast<int>(impl_->index->d); }
int64_t InvertedScan::size() const { return impl_->index->ntotal; }

absl::Span<const float> InvertedScan::row(int64_t row, std::vector<float>* decoded) const {
  decoded->resize(static_cast<size_t>(dim()));
  impl_->Decode(row, decoded->data());
  if (impl_->rounded) ScaleToUnit(absl::MakeSpan(*decoded));
  return *decoded;
}

int64_t InvertedScan::memory_bytes() const {
  const auto code = static_cast<int64_t>(impl_->index->code_size);
  const int64_t centres = static_cast<int64_t>(impl_->index->nlist) * dim() * sizeof(float);
  // A row's code, its number in its list, its place.
  return size() * (code + 2 * static_cast<int64_t>(sizeof(int64_t))) + centres;
}

float InvertedScan::ScoreErrorBound() const {
  return impl_->rounded ? RoundedScoreErrorBound(dim(), impl_->length_error) : DotErrorBound(dim());
}

absl::StatusOr<VectorScan::Hits> InvertedScan::Search(absl::Span<const float> queries, int64_t k,
                                                      int lists,
                                                      const std::vector<int64_t>* allowed) const {
  return CatchToStatus("FAISS search", [&]() -> absl::StatusOr<Hits> {
    faiss::SearchParametersIVF parameters;
    parameters.nprobe = static_cast<size_t>(lists);
    return SearchCoded(*impl_->index, queries, k, allowed, parameters);
  });
}

absl::StatusOr<VectorScan::Hits> InvertedScan::TopK(absl::Span<const float> queries, int64_t k,
                                                    const std::vector<int64_t>* allowed) const {
  return Search(queries, k, lists(), allowed);
}

absl::StatusOr<VectorScan::Hits> InvertedScan::Shortlist(absl::Span<const float> queries, int64_t k,
                                                         int effort) const {
  return Search(queries, std::min(size(), k + kShortlistSlack), effort, nullptr);
}

absl::StatusOr<std::vector<int64_t>> InvertedScan::RowsAbove(absl::Span<const float> query,
                                                             float score,
                                                             const RowSet* allowed) const {
  return CatchToStatus("index scan", [&]() -> absl::StatusOr<std::vector<int64_t>> {
    return RowsAboveExactly(*this, query, score, allowed);
  });
}

absl::Status InvertedScan::Save(const std::string& path) const {
  return WriteFaissFile(path, *impl_->index);
}

}  // namespace lookbook
