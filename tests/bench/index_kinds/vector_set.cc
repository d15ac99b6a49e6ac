#include "tests/bench/index_kinds/vector_set.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/verify.h"
#include "engine/index/index_factory.h"

namespace lookbook {
namespace {

constexpr int64_t kMostQueries = 1000;

}  // namespace

absl::StatusOr<VectorSet> SplitVectors(std::vector<float> all, int dim, uint32_t seed) {
  const auto count = static_cast<int64_t>(all.size()) / dim;
  const int64_t queries = std::min(kMostQueries, count / 10);
  if (queries < 1) return absl::InvalidArgumentError("fewer than ten vectors");
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  VectorSet set{.dim = dim, .rows = {}, .queries = {}};
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float>& to = i < queries ? set.queries : set.rows;
    const auto from = all.begin() + order[static_cast<size_t>(i)] * dim;
    to.insert(to.end(), from, from + dim);
  }
  return set;
}

absl::StatusOr<VectorSet> BundleVectors(const std::string& directory, uint32_t seed) {
  LB_ASSIGN_OR_RETURN(const VerifiedBundle bundle, VerifyBundle(directory));
  LB_ASSIGN_OR_RETURN(const IndexSpec spec, ParseIndexSpec(bundle.manifest.index().spec()));
  if (spec.rounded()) {
    return absl::InvalidArgumentError(absl::StrCat(
        directory, ": an index ", spec.text, " holds rounded embeddings; give a bundle of Flat"));
  }
  const auto dim = static_cast<int>(bundle.manifest.embedding_dim());
  const auto count = static_cast<int64_t>(bundle.manifest.item_count());
  LB_ASSIGN_OR_RETURN(
      const std::unique_ptr<VectorIndex> index,
      OpenIndex(spec, JoinPath(directory, bundle.manifest.index().file()), dim, count));
  std::vector<float> vectors;
  for (int64_t row = 0; row < count; ++row) {
    LB_ASSIGN_OR_RETURN(const std::vector<float> vector, index->Vector(row));
    vectors.insert(vectors.end(), vector.begin(), vector.end());
  }
  return SplitVectors(std::move(vectors), dim, seed);
}

}  // namespace lookbook
