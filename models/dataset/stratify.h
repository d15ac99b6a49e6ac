// Iterative stratification (Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-Label
// Data, 2011).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// Deals examples into shares.size() parts so that every label, the rarest first, is spread in
// proportion to `shares`. `labels[i]` are the labels of example i, distinct, each in [0,
// label_count). `sizes[i]`: example i counts that often, as it stands for so many that stay
// together; empty = once each. Returns the part of each example. REQUIRES: shares add up to 1, none
// is negative; sizes are above 0. The same input gives the same output on every machine.
std::vector<int> Stratify(absl::Span<const std::vector<int>> labels, int label_count,
                          absl::Span<const double> shares, uint64_t seed,
                          absl::Span<const int64_t> sizes = {});

}  // namespace lookbook
