#include "engine/embed/model_promises.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

// What Embeddings promises beyond its shape. InvalidArgument names the image and the value.
absl::Status CheckPromises(const Embeddings& embeddings, const ModelShape& shape) {
  for (int64_t i = 0; i < embeddings.n; ++i) {
    double squares = 0;
    for (int64_t j = i * shape.dim; j < (i + 1) * shape.dim; ++j) {
      squares += double{embeddings.vectors[j]} * embeddings.vectors[j];
    }
    if (std::abs(std::sqrt(squares) - 1) > 1e-3) {
      return absl::InvalidArgumentError(absl::StrCat(
          "model: the embedding of a test image has length ", std::sqrt(squares), ", not 1"));
    }
  }
  for (const std::vector<float>* scores : {&embeddings.scores, &embeddings.attribute_scores}) {
    for (float score : *scores) {
      if (score < 0 || score > 1) {
        return absl::InvalidArgumentError(absl::StrCat("model: a score of a test image is ", score,
                                                       "; sigmoid scores are in [0, 1]"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckModelShape(const ModelShape& shape, const std::vector<int>& buckets) {
  if (shape.image_size < 1 || shape.dim < 1 || shape.classes < 1 || shape.attributes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("model shape: image_size ", shape.image_size, ", dim ", shape.dim,
                     ", classes ", shape.classes, ", attributes ", shape.attributes, " cannot be"));
  }
  const bool ascending =
      std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) == buckets.end();
  if (buckets.empty() || buckets.front() < 1 || !ascending) {
    return absl::InvalidArgumentError(absl::StrCat("batch buckets {", absl::StrJoin(buckets, ", "),
                                                   "} do not ascend from 1 or more"));
  }
  return absl::OkStatus();
}

std::vector<float> ProbeImages(const ModelShape& shape, int n) {
  std::mt19937 random(1);
  std::vector<float> images(static_cast<size_t>(n * ImageValues(shape)));
  for (float& value : images)
    value = static_cast<float>(random() >> 8) * 0x1p-22f - 2.0f;  // [-2, 2)
  return images;
}

absl::Status ProbeModel(const Embedder& embedder, const std::vector<int>& buckets) {
  for (size_t i = 0; i < std::min<size_t>(2, buckets.size()); ++i) {
    absl::StatusOr<Embeddings> embeddings =
        embedder.Embed(ProbeImages(embedder.shape(), buckets[i]));
    if (absl::IsInternal(embeddings.status())) {
      return absl::InvalidArgumentError(embeddings.status().message());
    }
    LB_RETURN_IF_ERROR(embeddings.status());
    LB_RETURN_IF_ERROR(CheckPromises(*embeddings, embedder.shape()));
  }
  return absl::OkStatus();
}

}  // namespace lookbook
