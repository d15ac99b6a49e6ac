#include "engine/cuda/hosted_scan.h"

#include <cmath>

#include "engine/index/exact_top_k.h"

namespace lookbook {

float HostedScan::ErrorBound(float half_roundings) const {
  const float exact = DotErrorBound(dim());
  if (!options_.half) return exact;
  // Rounding is by 2^-11 of each value, and by 2^-25 where the value is below the smallest normal
  // one.
  return exact + half_roundings * 0x1p-11f +
         2.01f * std::sqrt(static_cast<float>(dim())) * 0x1p-25f;
}

}  // namespace lookbook
