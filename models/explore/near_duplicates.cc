#include "models/explore/near_duplicates.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace lookbook {
namespace {

bool Nearer(const NearPair& x, const NearPair& y) {
  return std::tie(x.bits, x.a, x.b) < std::tie(y.bits, y.a, y.b);
}

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

}  // namespace

NearDuplicates FindNearDuplicates(absl::Span<const uint64_t> hashes, absl::Span<const int> parts,
                                  int part_count, const NearDuplicateOptions& options) {
  assert(options.max_bits >= 0 && options.max_bits <= kMostNearBits &&
         hashes.size() == parts.size());
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
