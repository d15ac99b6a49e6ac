#include "engine/index/graph_scan.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/index/faiss_file.h"
#include "engine/index/faiss_scan.h"
#include "engine/index/search_checks.h"
#include "engine/index/search_threads.h"

namespace lookbook {

struct GraphScan::Impl {
  // The graph points to the vectors of `flat` and does not own them.
  std::unique_ptr<FaissScan> flat;
  std::unique_ptr<faiss::IndexHNSW> graph;

  // Takes the graph's vectors out of its ownership. False: they are not flat.
  bool Take(std::unique_ptr<faiss::IndexHNSW> made) {
    auto* vectors = dynamic_cast<faiss::IndexFlat*>(made->storage);
    if (vectors == nullptr) return false;
    made->own_fields = false;
    flat = FaissScan::Adopt(std::unique_ptr<faiss::IndexFlat>(vectors));
    graph = std::move(made);
    return true;
  }
};

GraphScan::GraphScan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GraphScan::~GraphScan() = default;

absl::StatusOr<std::unique_ptr<GraphScan>> GraphScan::Build(const IndexSpec& spec, int dim,
                                                            absl::Span<const float> vectors) {
  const auto rows = static_cast<int64_t>(vectors.size()) / dim;
  if (rows > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat(rows, " rows are more than an index \"", spec.text, "\" can number"));
  }
  return CatchToStatus("FAISS build", [&]() -> absl::StatusOr<std::unique_ptr<GraphScan>> {
    const ScopedOneThread threads;
    auto graph =
        std::make_unique<faiss::IndexHNSWFlat>(dim, spec.links, faiss::METRIC_INNER_PRODUCT);
    graph->add(rows, vectors.data());
    auto impl = std::make_unique<Impl>();
    if (!impl->Take(std::move(graph))) return absl::InternalError("FAISS keeps no flat vectors");
    return std::unique_ptr<GraphScan>(new GraphScan(std::move(impl)));
  });
}

absl::StatusOr<std::unique_ptr<GraphScan>> GraphScan::Read(const IndexSpec& spec,
                                                           const std::string& path, int dim,
                                                           int64_t rows) {
  LB_ASSIGN_OR_RETURN(std::unique_ptr<faiss::Index> read, ReadFaissFile(path, spec, dim, rows));
  return CatchToStatus("FAISS read", [&]() -> absl::StatusOr<std::unique_ptr<GraphScan>> {
    LB_ASSIGN_OR_RETURN(auto graph, AsKind<faiss::IndexHNSW>(std::move(read), path));
    auto impl = std::make_unique<Impl>();
    if (!impl->Take(std::move(graph))) return OtherKindError(path);
    if (absl::Status status = CheckVectors(impl->flat->vectors(), dim); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
    }
    return std::unique_ptr<GraphScan>(new GraphScan(std::move(impl)));
  });
}

int GraphScan::dim() const { return impl_->flat->dim(); }
int64_t GraphScan::size() const { return impl_->flat->size(); }

absl::Span<const float> GraphScan::row(int64_t row, std::vector<float>* decoded) const {
  return impl_->flat->row(row, decoded);
}

int64_t GraphScan::memory_bytes() const {
  const faiss::HNSW& hnsw = impl_->graph->hnsw;
  return impl_->flat->memory_bytes() +
         static_cast<int64_t>(hnsw.levels.size() * sizeof(hnsw.levels[0]) +
                              hnsw.offsets.size() * sizeof(hnsw.offsets[0]) +
                              hnsw.neighbors.size() * sizeof(hnsw.neighbors[0]));
}

float GraphScan::ScoreErrorBound() const { return impl_->flat->ScoreErrorBound(); }

absl::StatusOr<VectorScan::Hits> GraphScan::TopK(absl::Span<const float> queries, int64_t k,
                                                 const std::vector<int64_t>* allowed) const {
  return impl_->flat->TopK(queries, k, allowed);
}

absl::StatusOr<std::vector<int64_t>> GraphScan::RowsAbove(absl::Span<const float> query,
                                                          float score,
                                                          const RowSet* allowed) const {
  return impl_->flat->RowsAbove(query, score, allowed);
}

absl::StatusOr<VectorScan::Hits> GraphScan::Shortlist(absl::Span<const float> queries, int64_t k,
                                                      int effort) const {
  return CatchToStatus("FAISS search", [&]() -> absl::StatusOr<Hits> {
    const int64_t n = static_cast<int64_t>(queries.size()) / dim();
    // All of the beam, not its best k: FAISS 1.7.3 takes the width of the beam from k and from the
    // graph's own efSearch, never from the call's, which only says when to stop. The graph is
    // shared and stays as it is, so k says it.
    const int64_t beam = std::max<int64_t>(k, effort);
    faiss::SearchParametersHNSW parameters;
    parameters.efSearch = static_cast<int>(beam);
    const int64_t width = std::min(beam, size());
    Hits hits{std::vector<int64_t>(n * width), std::vector<float>(n * width)};
    const ScopedSearchThreads threads;
    impl_->graph->search(n, queries.data(), width, hits.scores.data(), hits.rows.data(),
                         &parameters);
    return hits;
  });
}

absl::Status GraphScan::Save(const std::string& path) const {
  return WriteFaissFile(path, *impl_->graph);
}

}  // namespace lookbook
