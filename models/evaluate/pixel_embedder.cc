#include "models/evaluate/pixel_embedder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

constexpr int kSide = 8;
constexpr int kDim = 3 * kSide * kSide;
constexpr double kLeastNorm = 1e-12;

void AppendUnit(absl::Span<const float> row, std::vector<float>* out) {
  double squares = 0;
  for (const float value : row) squares += double{value} * value;
  const double norm = std::sqrt(squares);
  if (norm < kLeastNorm) {
    out->insert(out->end(), row.size(), 1 / std::sqrt(static_cast<float>(row.size())));
    return;
  }
  for (const float value : row) out->push_back(static_cast<float>(value / norm));
}

}  // namespace

PreprocessSpec PixelSpec() { return {.size = kSide, .resize = ResizeMode::kSquish}; }

PixelEmbedder::PixelEmbedder(std::vector<float> prevalence)
    : prevalence_(std::move(prevalence)),
      shape_{.image_size = kSide, .dim = kDim, .classes = static_cast<int>(prevalence_.size())} {}

absl::StatusOr<Embeddings> PixelEmbedder::Embed(absl::Span<const float> images) const {
  if (images.empty() || images.size() % kDim != 0 ||
      images.size() / kDim > static_cast<size_t>(MaxBatch())) {
    return absl::InvalidArgumentError(absl::StrCat(images.size(), " values are not 1 to ",
                                                   MaxBatch(), " pictures of ", kDim, " samples"));
  }
  Embeddings out;
  out.n = static_cast<int64_t>(images.size() / kDim);
  for (int64_t i = 0; i < out.n; ++i) {
    AppendUnit(images.subspan(static_cast<size_t>(i) * kDim, kDim), &out.vectors);
    out.scores.insert(out.scores.end(), prevalence_.begin(), prevalence_.end());
  }
  return out;
}

}  // namespace lookbook
