// What something took lately.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"

namespace lookbook {

// The median of the last samples, so that neither one that was stopped by the machine nor the slow
// first ones move it. Time is an argument. Not thread-safe; WaitEstimator's mutex guards it.
class RecentMedian {
 public:
  static constexpr size_t kSamples = 15;                     // Older ones are forgotten,
  static constexpr size_t kFewest = 5;                       // fewer say nothing,
  static constexpr absl::Duration kAge = absl::Seconds(30);  // and so do those of long ago.

  void Add(absl::Time now, absl::Duration value);

  // Nothing while fewer than kFewest samples are kAge old or younger.
  std::optional<absl::Duration> Value(absl::Time now) const;

 private:
  struct Sample {
    absl::Time at = absl::InfinitePast();
    absl::Duration value;
  };
  std::array<Sample, kSamples> samples_;
  size_t next_ = 0;
};

}  // namespace lookbook
