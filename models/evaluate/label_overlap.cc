#include "models/evaluate/label_overlap.h"

#include <bit>

namespace lookbook {

LabelSets::LabelSets(const LabelMatrix& labels)
    : words_((labels.classes + 63) / 64), bits_(labels.n * words_), sizes_(labels.n) {
  for (int64_t row = 0; row < labels.n; ++row) {
    for (int j = 0; j < labels.classes; ++j) {
      if (!labels.at(row, j)) continue;
      bits_[row * words_ + j / 64] |= uint64_t{1} << (j % 64);
      ++sizes_[row];
    }
  }
}

int LabelSets::Shared(int64_t a, const LabelSets& other, int64_t b) const {
  int shared = 0;
  for (int w = 0; w < words_; ++w)
    shared += std::popcount(bits_[a * words_ + w] & other.bits_[b * words_ + w]);
  return shared;
}

double LabelSets::Jaccard(int64_t a, const LabelSets& other, int64_t b) const {
  const int shared = Shared(a, other, b);
  const int together = sizes_[a] + other.sizes_[b] - shared;
  return together == 0 ? 0 : static_cast<double>(shared) / together;
}

Overlaps OverlapsInOrder(const LabelSets& queries, int64_t query, const LabelSets& gallery,
                         const std::vector<int64_t>& order) {
  Overlaps out;
  out.shared.reserve(order.size());
  out.jaccard.reserve(order.size());
  for (const int64_t item : order) {
    out.shared.push_back(queries.Shared(query, gallery, item));
    out.jaccard.push_back(queries.Jaccard(query, gallery, item));
  }
  return out;
}

}  // namespace lookbook
