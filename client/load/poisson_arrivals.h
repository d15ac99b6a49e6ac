// When the queries of an open loop come due.
#pragma once

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace lookbook {

// A Poisson process: independent, exponentially distributed gaps, `rate` arrivals a second on
// average. Equal seeds give equal schedules. Not thread-safe.
class PoissonArrivals {
 public:
  // REQUIRES: rate > 0.
  PoissonArrivals(double rate, uint64_t seed, absl::Time begin)
      : random_(seed), gap_(rate), next_(begin) {}

  // When the next arrival is due; `begin` at first.
  absl::Time due() const { return next_; }

  // Goes on to the one after it.
  void Advance() { next_ += absl::Seconds(gap_(random_)); }

 private:
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  absl::Time next_;
};

}  // namespace lookbook
