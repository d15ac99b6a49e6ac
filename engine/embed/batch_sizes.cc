#include "engine/embed/batch_sizes.h"

#include <algorithm>
#include <bit>

namespace lookbook {
namespace {

constexpr int kEverySizeTo = 8;
constexpr int kStepsOfAnOctave = 4;

int NextFineSize(int size) {
  if (size < kEverySizeTo) return size + 1;
  return size + static_cast<int>(std::bit_floor(static_cast<unsigned>(size))) / kStepsOfAnOctave;
}

// 1 and what `next` makes of it, below `max_batch`, and `max_batch`.
template <typename Next>
std::vector<int> SizesTo(int max_batch, Next next) {
  std::vector<int> sizes;
  for (int size = 1; size < max_batch; size = next(size)) sizes.push_back(size);
  sizes.push_back(max_batch);
  return sizes;
}

}  // namespace

std::vector<int> CoarseBatchSizes(int max_batch) {
  return SizesTo(max_batch, [](int size) { return 2 * size; });
}

std::vector<int> FineBatchSizes(int max_batch) { return SizesTo(max_batch, NextFineSize); }

int PaddedBatchSize(absl::Span<const int> sizes, int n) {
  return *std::lower_bound(sizes.begin(), sizes.end(), n);
}

}  // namespace lookbook
