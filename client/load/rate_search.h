// Finds the highest rate that still meets a target.
#pragma once

#include <optional>

namespace lookbook {

struct RateSearchOptions {
  double start = 1;  // The first rate tried, such as the capacity of a closed loop.
  double precision =
      0.05;  // It ends when the lowest rate missed is no more than this above, as a share of it.
  int max_probes = 12;
};

// Halves from `start` while the target is missed, grows by half while it is met, and then bisects.
// Knows nothing of how a rate is tried. Not thread-safe.
class RateSearch {
 public:
  // REQUIRES: start > 0, 0 < precision < 1.
  explicit RateSearch(const RateSearchOptions& options) : options_(options) {}

  // The rate to try next; null when the search is over.
  std::optional<double> Next() const;
  // The rate that Next() gave met the target, or did not.
  void Report(bool met);

  double highest_met() const { return highest_met_; }  // 0 = none.
  std::optional<double> lowest_missed() const { return lowest_missed_; }
  // Whether it ended because the two are close enough, not for want of probes.
  bool IsPrecise() const;

 private:
  const RateSearchOptions options_;
  int probes_ = 0;
  double highest_met_ = 0;
  std::optional<double> lowest_missed_;
};

}  // namespace lookbook
