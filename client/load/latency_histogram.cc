#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace lookbook {
namespace {

constexpr double kSmallest = 1e-6;  // Seconds.
constexpr double kLargest = 1e4;
constexpr double kStep = 1.005;  // From one upper bound to the next.

// Bucket i holds what lies above kSmallest * kStep^(i-1), up to kSmallest * kStep^i.
size_t BucketOf(double seconds) {
  const double inside = std::clamp(seconds, kSmallest, kLargest);
  return static_cast<size_t>(std::ceil(std::log(inside / kSmallest) / std::log(kStep)));
}

absl::Duration UpperBound(size_t bucket) {
  return absl::Seconds(kSmallest * std::pow(kStep, static_cast<double>(bucket)));
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(BucketOf(kLargest) + 1) {}

void LatencyHistogram::Add(absl::Duration value) {
  ++buckets_[BucketOf(absl::ToDoubleSeconds(value))];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

absl::Duration LatencyHistogram::Mean() const {
  return count_ == 0 ? absl::ZeroDuration() : sum_ / count_;
}

absl::Duration LatencyHistogram::Quantile(double q) const {
  if (count_ == 0) return absl::ZeroDuration();
  // 0.07 * 100 is a little more than 7.
  const auto rank = static_cast<int64_t>(std::ceil(q * static_cast<double>(count_) - 1e-6));
  int64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(UpperBound(i), max_);
  }
  return max_;
}

}  // namespace lookbook
