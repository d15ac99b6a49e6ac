// An Embedder whose calls a test can hold, fail and look at.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "engine/embed/batch_sizes.h"
#include "engine/embed/embedder.h"

namespace lookbook {

// The embedding that SteppedEmbedder gives an image: value j is the mean of every dim-th sample
// from j on, plus a half; then unit length. Scores are the sigmoid of the values before that,
// attribute scores the sigmoid of their negatives.
struct SteppedAnswer {
  std::vector<float> embedding;
  std::vector<float> scores;
  std::vector<float> attribute_scores;
};
inline SteppedAnswer AnswerOf(absl::Span<const float> image, const ModelShape& shape) {
  std::vector<double> values(shape.dim, 0.5);
  for (size_t i = 0; i < image.size(); ++i) {
    values[i % shape.dim] += double{image[i]} * shape.dim / static_cast<double>(image.size());
  }
  double squares = 0;
  for (const double value : values) squares += value * value;
  SteppedAnswer answer;
  for (const double value : values) {
    answer.embedding.push_back(static_cast<float>(value / std::sqrt(squares)));
  }
  for (int c = 0; c < shape.classes; ++c) {
    answer.scores.push_back(static_cast<float>(1 / (1 + std::exp(-values[c % shape.dim]))));
  }
  for (int a = 0; a < shape.attributes; ++a) {
    answer.attribute_scores.push_back(
        static_cast<float>(1 / (1 + std::exp(values[a % shape.dim]))));
  }
  return answer;
}

// Thread-safe.
class SteppedEmbedder : public Embedder {
 public:
  using Hook = std::function<absl::Status(absl::Span<const float> images, int n)>;

  SteppedEmbedder(ModelShape shape, int max_batch) : shape_(shape), max_batch_(max_batch) {}

  const ModelShape& shape() const override { return shape_; }
  int MaxBatch() const override { return max_batch_; }
  int PaddedSize(int n) const override { return PaddedBatchSize(CoarseBatchSizes(max_batch_), n); }
  absl::Status WarmUp() const override { return absl::OkStatus(); }

  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    const size_t stride = size_t{3} * shape_.image_size * shape_.image_size;
    const int n = static_cast<int>(images.size() / stride);
    if (Hook hook = Enter(n); hook) {
      if (absl::Status status = hook(images, n); !status.ok()) return status;
    }
    Embeddings result;
    result.n = n;
    for (int i = 0; i < n; ++i) {
      const SteppedAnswer one = AnswerOf(images.subspan(i * stride, stride), shape_);
      result.vectors.insert(result.vectors.end(), one.embedding.begin(), one.embedding.end());
      result.scores.insert(result.scores.end(), one.scores.begin(), one.scores.end());
      result.attribute_scores.insert(result.attribute_scores.end(), one.attribute_scores.begin(),
                                     one.attribute_scores.end());
    }
    return result;
  }

  // From now on it takes pixels, whose values are the image that AnswerOf() sees.
  void TakePixels() { takes_pixels_ = true; }
  bool TakesPixels() const override { return takes_pixels_; }
  absl::StatusOr<Embeddings> EmbedPixels(absl::Span<const uint8_t> pixels) const override {
    return Embed(std::vector<float>(pixels.begin(), pixels.end()));
  }

  // Calls stay inside Embed() until Release().
  void Hold() {
    MutexLock lock(&mutex_);
    held_ = true;
  }
  void Release() {
    MutexLock lock(&mutex_);
    held_ = false;
    changed_.NotifyAll();
  }
  // Blocks until `calls` calls in all have come in.
  void WaitForCalls(size_t calls) {
    MutexLock lock(&mutex_);
    while (batches_.size() < calls) changed_.Wait(&mutex_);
  }
  // Runs in every call from now on; what it returns, unless OK, is the call's answer.
  void SetHook(Hook hook) {
    MutexLock lock(&mutex_);
    hook_ = std::move(hook);
  }
  // Sizes of all calls so far.
  std::vector<int> batches() const {
    MutexLock lock(&mutex_);
    return batches_;
  }

 private:
  Hook Enter(int n) const {
    MutexLock lock(&mutex_);
    batches_.push_back(n);
    changed_.NotifyAll();
    while (held_) changed_.Wait(&mutex_);
    return hook_;
  }

  std::atomic<bool> takes_pixels_ = false;
  const ModelShape shape_;
  const int max_batch_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  mutable std::vector<int> batches_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  Hook hook_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lookbook
