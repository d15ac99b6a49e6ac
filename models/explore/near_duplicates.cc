#include "models/explore/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>
#include <tuple>
#include <utility>

namespace lookbook {
namespace {

bool Nearer(const NearPair& x, const NearPair& y) {
  return std::tie(x.bits, x.a, x.b) < std::tie(y.bits, y.a, y.b);
}

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

// Keeps the `kept` nearest of the pairs it is given.
class NearestPairs {
 public:
  explicit NearestPairs(int64_t kept) : kept_(static_cast<size_t>(kept)) {}
  void Add(const NearPair& pair) {
    pairs_.push_back(pair);
    if (pairs_.size() >= 2 * kept_ + 1024) Cut();
  }
  std::vector<NearPair> Take() {
    Cut();
    return std::move(pairs_);
  }

 private:
  void Cut() {
    std::sort(pairs_.begin(), pairs_.end(), Nearer);
    if (pairs_.size() > kept_) pairs_.resize(kept_);
  }

  const size_t kept_;
  std::vector<NearPair> pairs_;
};

// Calls `use` once for every near pair.
template <typename Fn>
void ForEachNearPair(absl::Span<const uint64_t> hashes, int max_bits, Fn&& use) {
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

}  // namespace

NearDuplicates FindNearDuplicates(absl::Span<const uint64_t> hashes, absl::Span<const int> parts,
                                  int part_count, const NearDuplicateOptions& options) {
  assert(options.max_bits >= 0 && options.max_bits <= 15 && hashes.size() == parts.size());
  NearDuplicates out;
  out.by_parts.assign(size_t(part_count) * part_count, 0);
  NearestPairs within(options.kept), across(options.kept);
  ForEachNearPair(hashes, options.max_bits, [&](const NearPair& pair) {
    const auto [low, high] = std::minmax({parts[pair.a], parts[pair.b]});
    ++out.by_parts[low * part_count + high];
    ++(low == high ? out.within : out.across);
    (low == high ? within : across).Add(pair);
  });
  out.within_pairs = within.Take();
  out.across_pairs = across.Take();
  return out;
}

}  // namespace lookbook
