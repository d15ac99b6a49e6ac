#include "client/load/stability.h"

#include <algorithm>
#include <vector>

namespace lookbook {
namespace {

bool Agree(const std::vector<double>& values, double tolerance) {
  const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  return *smallest > 0 && *largest <= *smallest * (1 + tolerance);
}

}  // namespace

bool IsStable(absl::Span<const WindowFigures> windows, const StabilityRule& rule) {
  const auto count = static_cast<size_t>(rule.windows);
  if (windows.size() < count) return false;
  std::vector<double> rates, latencies;
  for (const WindowFigures& window : windows.last(count)) {
    rates.push_back(window.rate);
    latencies.push_back(absl::ToDoubleSeconds(window.latency));
  }
  return Agree(rates, rule.tolerance) && Agree(latencies, rule.tolerance);
}

}  // namespace lookbook
