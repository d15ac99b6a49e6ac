// An Embedder without a model, for tests of what stands around one.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// Deterministic: the results of an image depend on its pixels alone. Value d of an embedding is the
// sum of the pixels whose position is d modulo `dim` (and a small constant, so that it is never
// zero), normalised; score c is a sigmoid of the sum of the pixels whose position is c modulo
// `classes`. Thread-safe.
class FakeEmbedder : public Embedder {
 public:
  explicit FakeEmbedder(ModelShape shape, int max_batch = 32)
      : shape_(shape), max_batch_(max_batch) {}

  const ModelShape& shape() const override { return shape_; }
  int MaxBatch() const override { return max_batch_; }

  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    const size_t values = 3u * shape_.image_size * shape_.image_size;
    const size_t n = images.size() / values;
    if (n == 0 || images.size() != n * values || n > static_cast<size_t>(max_batch_)) {
      return absl::InvalidArgumentError(absl::StrCat(images.size(), " values are not 1 to ",
                                                     max_batch_, " images of ", values, " values"));
    }
    LB_RETURN_IF_ERROR(Enter(n));
    Embeddings result;
    result.n = static_cast<int64_t>(n);
    for (size_t i = 0; i < n; ++i) {
      const absl::Span<const float> image = images.subspan(i * values, values);
      AppendUnit(Fold(image, shape_.dim), &result.vectors);
      AppendScores(Fold(image, shape_.classes), &result.scores);
      if (shape_.attributes > 0)
        AppendScores(Fold(image, shape_.attributes), &result.attribute_scores);
    }
    return result;
  }

  absl::Status WarmUp() const override {
    MutexLock lock(&mutex_);
    ++warm_ups_;
    return failure_;
  }

  // From now on Embed() and WarmUp() return `status`; OK ends it.
  void FailWith(absl::Status status) {
    MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }

  // Embed() calls that come from now on wait inside until Release().
  void Hold() {
    MutexLock lock(&mutex_);
    held_ = true;
  }
  void Release() {
    MutexLock lock(&mutex_);
    held_ = false;
    changed_.NotifyAll();
  }
  // Blocks until `calls` Embed() calls wait inside.
  void AwaitHeld(int calls) const {
    MutexLock lock(&mutex_);
    while (waiting_ < calls) changed_.Wait(&mutex_);
  }

  // The number of images of every Embed() call so far, in order.
  std::vector<size_t> batches() const {
    MutexLock lock(&mutex_);
    return batches_;
  }
  int warm_ups() const {
    MutexLock lock(&mutex_);
    return warm_ups_;
  }

 private:
  absl::Status Enter(size_t n) const {
    MutexLock lock(&mutex_);
    batches_.push_back(n);
    ++waiting_;
    changed_.NotifyAll();
    while (held_) changed_.Wait(&mutex_);
    --waiting_;
    return failure_;
  }

  static std::vector<double> Fold(absl::Span<const float> image, int parts) {
    std::vector<double> sums(static_cast<size_t>(parts), 1e-3);
    for (size_t i = 0; i < image.size(); ++i) sums[i % sums.size()] += image[i];
    return sums;
  }

  static void AppendUnit(const std::vector<double>& values, std::vector<float>* out) {
    double squares = 0;
    for (double value : values) squares += value * value;
    // Sums that cancel out exactly have no direction: the first axis stands in.
    for (size_t i = 0; i < values.size(); ++i) {
      out->push_back(static_cast<float>(squares > 0 ? values[i] / std::sqrt(squares) : i == 0));
    }
  }

  static void AppendScores(const std::vector<double>& values, std::vector<float>* out) {
    for (double value : values) out->push_back(static_cast<float>(1 / (1 + std::exp(-value))));
  }

  const ModelShape shape_;
  const int max_batch_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable std::vector<size_t> batches_ ABSL_GUARDED_BY(mutex_);
  mutable int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable int warm_ups_ ABSL_GUARDED_BY(mutex_) = 0;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
