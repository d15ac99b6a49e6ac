// How long things took, in memory that does not grow with their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace lookbook {

// Counts durations in buckets whose bounds are 0.5 % apart, from 1 µs to 10,000 s; what lies
// outside counts as the nearest of these. Mean() and Max() are exact.
// Not thread-safe.
class LatencyHistogram {
 public:
  LatencyHistogram();

  void Add(absl::Duration value);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  absl::Duration Mean() const;  // Zero when nothing was added.
  absl::Duration Max() const { return max_; }

  // The value at rank ceil(q * count()) (nearest rank), or at most 0.5 % above it, and never above
  // Max(). Zero when nothing was added. REQUIRES: 0 < q <= 1.
  absl::Duration Quantile(double q) const;

 private:
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  absl::Duration sum_;
  absl::Duration max_;
};

}  // namespace lookbook
