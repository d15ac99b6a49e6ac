#include "client/load/rate_search.h"

namespace lookbook {

std::optional<double> RateSearch::Next() const {
  if (probes_ >= options_.max_probes || IsPrecise()) return std::nullopt;
  if (probes_ == 0) return options_.start;
  if (!lowest_missed_) return 1.5 * highest_met_;
  return (highest_met_ + *lowest_missed_) / 2;  // Half of what was missed while nothing was met.
}

void RateSearch::Report(bool met) {
  const std::optional<double> rate = Next();
  if (!rate) return;
  ++probes_;
  if (met) {
    highest_met_ = *rate;
  } else {
    lowest_missed_ = *rate;
  }
}

bool RateSearch::IsPrecise() const {
  return lowest_missed_ && *lowest_missed_ - highest_met_ <= options_.precision * *lowest_missed_;
}

}  // namespace lookbook
