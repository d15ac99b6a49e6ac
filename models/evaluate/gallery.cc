#include "models/evaluate/gallery.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "models/evaluate/single_label.h"

namespace lookbook {
namespace {

absl::Status CheckSizes(const LabelledRows& queries, absl::Span<const int64_t> own_rows,
                        const Gallery& gallery, int dim) {
  const bool fits = dim > 0 && static_cast<int64_t>(own_rows.size()) == queries.labels.n &&
                    static_cast<int64_t>(queries.vectors.size()) == queries.labels.n * dim &&
                    static_cast<int64_t>(gallery.vectors.size()) == gallery.labels.n * dim &&
                    queries.labels.classes == gallery.labels.classes;
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("gallery: ", queries.labels.n, " queries of ", queries.labels.classes,
                   " classes and ", gallery.labels.n, " items of ", gallery.labels.classes,
                   " do not fit each other or their vectors of ", dim, " values"));
}

}  // namespace

std::vector<int64_t> OwnRows(absl::Span<const ImageRecord> images, const Gallery& gallery) {
  absl::flat_hash_map<absl::string_view, int64_t> rows;
  for (size_t row = 0; row < gallery.ids.size(); ++row)
    rows.emplace(gallery.ids[row], static_cast<int64_t>(row));
  std::vector<int64_t> out;
  out.reserve(images.size());
  for (const ImageRecord& image : images) {
    const auto found = rows.find(image.id);
    out.push_back(found == rows.end() ? -1 : found->second);
  }
  return out;
}

absl::StatusOr<GalleryEvaluation> EvaluateGallery(const LabelledRows& queries,
                                                  absl::Span<const int64_t> own_rows,
                                                  const Gallery& gallery, int dim) {
  if (absl::Status status = CheckSizes(queries, own_rows, gallery, dim); !status.ok())
    return status;
  const LabelledRows items{gallery.vectors, gallery.labels};
  const RetrievalResult result = EvaluateRetrieval(queries, items, dim, own_rows);
  if (result.k < 1) return absl::InvalidArgumentError("gallery: there is no item to find");
  GalleryEvaluation out;
  out.items = gallery.labels.n;
  out.own_items = std::count_if(own_rows.begin(), own_rows.end(), [](int64_t r) { return r >= 0; });
  out.retrieval = result.metrics;
  const auto truth = SingleClasses(queries.labels), classes = SingleClasses(gallery.labels);
  if (truth.has_value() && classes.has_value())
    out.knn_accuracy = KnnAccuracy(result.top, result.k, *truth, *classes);
  return out;
}

}  // namespace lookbook
