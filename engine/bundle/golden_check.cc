#include "engine/bundle/golden_check.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"

namespace lookbook {
namespace {

template <typename... Parts>
absl::Status Differs(const GoldenCase& golden, const Parts&... message) {
  return BundleError("golden", "golden/", golden.image_name, ": ", message...);
}

double Dot(absl::Span<const float> a, absl::Span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

double Cosine(absl::Span<const float> a, absl::Span<const float> b) {
  return Dot(a, b) / std::sqrt(Dot(a, a) * Dot(b, b));
}

absl::Status CompareScores(const GoldenCase& golden, absl::string_view what,
                           absl::Span<const float> have, absl::Span<const float> want,
                           double max_error) {
  if (have.size() != want.size())
    return Differs(golden, have.size(), " ", what, "s, not ", want.size());
  for (size_t i = 0; i < have.size(); ++i) {
    if (!(std::abs(have[i] - want[i]) <= max_error)) {
      return Differs(golden, what, " ", i, " is ", have[i], ", not ", want[i], " within ",
                     max_error);
    }
  }
  return absl::OkStatus();
}

// Similarity of the item in `row` to the stored embedding.
absl::StatusOr<double> StoredSimilarity(const Bundle& bundle, const GoldenCase& golden,
                                        int64_t row) {
  LB_ASSIGN_OR_RETURN(const std::vector<float> vector, bundle.index->Vector(row));
  return Dot(vector, golden.embedding);
}

// The items stand in the order that was stored; where they do not, those that changed places are
// tied.
absl::Status CompareNeighbors(const Bundle& bundle, const GoldenCase& golden,
                              absl::Span<const Neighbor> found, const GoldenTolerance& tolerance) {
  if (found.size() != golden.top.size()) {
    return Differs(golden, found.size(), " neighbours, not ", golden.top.size());
  }
  for (size_t rank = 0; rank < found.size(); ++rank) {
    const GoldenNeighbor& stored = golden.top[rank];
    const absl::StatusOr<int64_t> row = bundle.items->RowOf(stored.item_id);
    if (!row.ok()) return Differs(golden, "neighbour ", rank + 1, ": ", row.status().message());
    LB_ASSIGN_OR_RETURN(const double want, StoredSimilarity(bundle, golden, *row));
    if (!(std::abs(want - stored.similarity) <= tolerance.max_similarity_error)) {
      return Differs(golden, "neighbour ", rank + 1, ", ", stored.item_id, ", has similarity ",
                     want, " in the index, not ", stored.similarity);
    }
    if (found[rank].row == *row) continue;
    LB_ASSIGN_OR_RETURN(const double have, StoredSimilarity(bundle, golden, found[rank].row));
    if (!(std::abs(have - want) < tolerance.tie_gap)) {
      return Differs(golden, "neighbour ", rank + 1, " is ", bundle.items->item(found[rank].row).id,
                     ", not ", stored.item_id, "; their similarities ", have, " and ", want,
                     " are no tie");
    }
  }
  return absl::OkStatus();
}

// What the index finds by itself is as much, and no better than what there is.
absl::Status CheckUsual(const GoldenCase& golden, absl::Span<const Neighbor> exact,
                        absl::Span<const Neighbor> usual) {
  if (usual.size() != exact.size()) {
    return Differs(golden, "the index finds ", usual.size(), " neighbours by itself, not ",
                   exact.size());
  }
  for (size_t rank = 0; rank < usual.size(); ++rank) {
    if (usual[rank].similarity > exact[rank].similarity) {
      return Differs(golden, "neighbour ", rank + 1,
                     " that the index finds by itself has similarity ", usual[rank].similarity,
                     ", above the best there is, ", exact[rank].similarity);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCase(const Bundle& bundle, const GoldenCase& golden,
                       const GoldenTolerance& tolerance) {
  LB_ASSIGN_OR_RETURN(const Embeddings result, EmbedImageFile(bundle, golden.image));
  if (result.vectors.size() != golden.embedding.size()) {
    return Differs(golden, result.vectors.size(), " embedding values, not ",
                   golden.embedding.size());
  }
  const double cosine = Cosine(result.vectors, golden.embedding);
  if (!(cosine >= tolerance.min_cosine)) {
    return Differs(golden, "the embedding's cosine to the stored one is ", cosine, ", below ",
                   tolerance.min_cosine);
  }
  LB_RETURN_IF_ERROR(
      CompareScores(golden, "score", result.scores, golden.scores, tolerance.max_score_error));
  LB_RETURN_IF_ERROR(CompareScores(golden, "attribute score", result.attribute_scores,
                                   golden.attribute_scores, tolerance.max_score_error));
  QueryOptions options;
  options.top_k = static_cast<int>(golden.top.size());
  options.exact = true;  // What an IVF or HNSW finds by itself may change with the last bits.
  LB_ASSIGN_OR_RETURN(const auto found, bundle.index->Search(result.vectors, {options}));
  LB_RETURN_IF_ERROR(CompareNeighbors(bundle, golden, found[0], tolerance));
  if (bundle.index->search().empty()) return absl::OkStatus();
  options.exact = false;
  LB_ASSIGN_OR_RETURN(const auto usual, bundle.index->Search(result.vectors, {options}));
  return CheckUsual(golden, found[0], usual[0]);
}

}  // namespace

GoldenTolerance ToleranceOf(Precision precision) {
  if (precision == Precision::kFloat32) return {};
  GoldenTolerance tolerance;
  tolerance.min_cosine = 0.999;
  tolerance.max_score_error = 1e-2;
  tolerance.tie_gap = 0.045;
  return tolerance;
}

absl::Status GoldenCheck(const Bundle& bundle, absl::Span<const GoldenCase> cases,
                         const GoldenTolerance& tolerance) {
  for (const GoldenCase& golden : cases) {
    const absl::Status status = CheckCase(bundle, golden, tolerance);
    if (GetReason(status) == "golden") return status;
    LB_RETURN_IF_ERROR(ReaderError("golden", absl::StrCat("golden/", golden.image_name), status));
  }
  return absl::OkStatus();
}

}  // namespace lookbook
