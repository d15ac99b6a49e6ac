// Pictures that are nearly the same, by their perceptual hashes, and whether they lie in different
// parts of a set: then what is tested was trained on.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "models/dataset/near_pairs.h"

namespace lookbook {

struct NearDuplicates {
  int64_t within = 0;             // Pairs of one part.
  int64_t across = 0;             // Pairs of two parts.
  std::vector<int64_t> by_parts;  // P × P, row <= column: pairs of those two parts.
  // The nearest, by bits, then by rows; at most as many as asked for of each kind.
  std::vector<NearPair> within_pairs;
  std::vector<NearPair> across_pairs;
};

struct NearDuplicateOptions {
  int max_bits = kNearBits;  // 0 to kMostNearBits.
  int64_t kept = 500;        // Pairs of each kind.
};

// All pairs that differ in at most `max_bits` bits (ForEachNearPair).
// REQUIRES: parts[i] in [0, part_count) is that of hashes[i]; max_bits is in range.
NearDuplicates FindNearDuplicates(absl::Span<const uint64_t> hashes, absl::Span<const int> parts,
                                  int part_count, const NearDuplicateOptions& options);

}  // namespace lookbook
