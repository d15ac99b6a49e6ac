#include "models/dataset/near_pairs.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace lookbook {
namespace {

// A hash cut into `count` pieces of about the same length.
class Pieces {
 public:
  explicit Pieces(int count) : count_(count) {}
  int count() const { return count_; }
  uint64_t Of(uint64_t hash, int piece) const {
    const int begin = 64 * piece / count_, end = 64 * (piece + 1) / count_;
    const uint64_t mask = end - begin == 64 ? ~uint64_t{0} : (uint64_t{1} << (end - begin)) - 1;
    return (hash >> begin) & mask;
  }
  // The first piece in which two hashes agree; count() when in none.
  int FirstShared(uint64_t a, uint64_t b) const {
    int piece = 0;
    while (piece < count_ && Of(a, piece) != Of(b, piece)) ++piece;
    return piece;
  }

 private:
  const int count_;
};

// The lowest row of the group that `row` is in; shortens the way there.
int64_t Root(std::vector<int64_t>* parents, int64_t row) {
  while ((*parents)[row] != row) row = (*parents)[row] = (*parents)[(*parents)[row]];
  return row;
}

}  // namespace

void ForEachNearPair(absl::Span<const uint64_t> hashes, int max_bits,
                     const std::function<void(const NearPair&)>& use) {
  assert(max_bits >= 0 && max_bits <= kMostNearBits);
  const Pieces pieces(max_bits + 1);
  std::vector<int64_t> order(hashes.size());
  std::iota(order.begin(), order.end(), 0);
  for (int piece = 0; piece < pieces.count(); ++piece) {
    const auto key = [&](int64_t row) { return pieces.Of(hashes[row], piece); };
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return key(a) < key(b); });
    for (size_t i = 0; i < order.size(); ++i) {
      const uint64_t hash = hashes[order[i]];
      for (size_t j = i + 1; j < order.size() && key(order[j]) == key(order[i]); ++j) {
        const int bits = std::popcount(hash ^ hashes[order[j]]);
        // A pair that shares several pieces counts at the first.
        if (bits <= max_bits && pieces.FirstShared(hash, hashes[order[j]]) == piece)
          use(NearPair{std::min(order[i], order[j]), std::max(order[i], order[j]), bits});
      }
    }
  }
}

std::vector<int64_t> GroupNearRows(absl::Span<const uint64_t> hashes, int max_bits) {
  std::vector<int64_t> parents(hashes.size());
  std::iota(parents.begin(), parents.end(), 0);
  ForEachNearPair(hashes, max_bits, [&](const NearPair& pair) {
    const auto [low, high] = std::minmax({Root(&parents, pair.a), Root(&parents, pair.b)});
    parents[high] = low;
  });
  for (size_t row = 0; row < parents.size(); ++row)
    parents[row] = Root(&parents, static_cast<int64_t>(row));
  return parents;
}

}  // namespace lookbook
