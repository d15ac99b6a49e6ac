// Pictures that are nearly the same, by their perceptual hashes: as pairs, and as groups.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// Hashes that differ in so many bits are of nearly the same picture.
inline constexpr int kNearBits = 4;
inline constexpr int kMostNearBits = 15;

struct NearPair {
  int64_t a = 0;  // Rows, a < b.
  int64_t b = 0;
  int bits = 0;  // That differ.
};

// Calls `use` once for every pair that differs in at most `max_bits` bits, in no particular order.
// Exact: two hashes that differ in k bits are equal in at least one of k + 1 pieces, so only rows
// that share a piece are compared. REQUIRES: 0 <= max_bits <= kMostNearBits.
void ForEachNearPair(absl::Span<const uint64_t> hashes, int max_bits,
                     const std::function<void(const NearPair&)>& use);

// The group of each row, named by its lowest row: two rows are in one group where a chain of such
// pairs leads from one to the other. REQUIRES: 0 <= max_bits <= kMostNearBits.
std::vector<int64_t> GroupNearRows(absl::Span<const uint64_t> hashes, int max_bits);

}  // namespace lookbook
