// How much two images' label sets have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "models/evaluate/metrics.h"

namespace lookbook {

// Label sets as bitmaps, so that overlaps are a few machine words. Immutable.
class LabelSets {
 public:
  explicit LabelSets(const LabelMatrix& labels);

  // S: labels that row `a` shares with row `b` of `other`, which has as many classes.
  int Shared(int64_t a, const LabelSets& other, int64_t b) const;
  // J = S / |union|; 0 when both are empty.
  double Jaccard(int64_t a, const LabelSets& other, int64_t b) const;

 private:
  int words_;
  std::vector<uint64_t> bits_;
  std::vector<int> sizes_;
};

// One query against gallery items in some order.
struct Overlaps {
  std::vector<int> shared;
  std::vector<double> jaccard;
};
Overlaps OverlapsInOrder(const LabelSets& queries, int64_t query, const LabelSets& gallery,
                         const std::vector<int64_t>& order);
// Inside one set.
inline Overlaps OverlapsInOrder(const LabelSets& sets, int64_t query,
                                const std::vector<int64_t>& order) {
  return OverlapsInOrder(sets, query, sets, order);
}

}  // namespace lookbook
