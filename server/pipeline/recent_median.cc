#include "server/pipeline/recent_median.h"

#include <algorithm>

namespace lookbook {

void RecentMedian::Add(absl::Time now, absl::Duration value) {
  samples_[next_] = {now, value};
  next_ = (next_ + 1) % kSamples;
}

std::optional<absl::Duration> RecentMedian::Value(absl::Time now) const {
  std::array<absl::Duration, kSamples> fresh;
  size_t n = 0;
  for (const Sample& sample : samples_) {
    if (now - sample.at <= kAge) fresh[n++] = sample.value;
  }
  if (n < kFewest) return std::nullopt;
  const auto middle = fresh.begin() + n / 2;
  std::nth_element(fresh.begin(), middle, fresh.begin() + n);
  return *middle;
}

}  // namespace lookbook
