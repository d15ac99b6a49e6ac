#include "models/explore/label_pairs.h"

#include <algorithm>
#include <bit>
#include <map>

namespace lookbook {
namespace {

// Distinct label sets as rows of bits, with what is known of each.
class LabelSets {
 public:
  LabelSets(absl::Span<const ImageRecord> images, int class_count)
      : words_(std::max(1, (class_count + 63) / 64)) {
    std::map<std::vector<int>, int64_t> counts;
    for (const ImageRecord& image : images) ++counts[image.classes];
    for (const auto& [classes, count] : counts) {
      columns_.push_back(classes);
      counts_.push_back(count);
      bits_.resize(bits_.size() + words_, 0);
      for (int column : classes)
        bits_[bits_.size() - words_ + column / 64] |= uint64_t{1} << (column % 64);
    }
  }

  int64_t size() const { return static_cast<int64_t>(counts_.size()); }
  int64_t count(int64_t set) const { return counts_[set]; }
  const std::vector<int>& columns(int64_t set) const { return columns_[set]; }

  int Shared(int64_t a, int64_t b) const {
    int shared = 0;
    for (int w = 0; w < words_; ++w)
      shared += std::popcount(bits_[a * words_ + w] & bits_[b * words_ + w]);
    return shared;
  }

 private:
  const int words_;
  std::vector<std::vector<int>> columns_;
  std::vector<int64_t> counts_;
  std::vector<uint64_t> bits_;
};

// The fewest and the most classes that an image of a set shares with another image.
struct Reach {
  int fewest = INT32_MAX;
  int most = -1;
  void Add(int shared) {
    fewest = std::min(fewest, shared);
    most = std::max(most, shared);
  }
};

void CountPairs(const LabelSets& sets, LabelPairs* out, std::vector<Reach>* reach) {
  double jaccard = 0;
  const auto add = [&](int64_t a, int64_t b, int shared, int64_t pairs) {
    if (pairs == 0) return;
    out->by_shared[shared] += pairs;
    const auto either = std::ssize(sets.columns(a)) + std::ssize(sets.columns(b)) - shared;
    if (either > 0) jaccard += static_cast<double>(shared) / either * static_cast<double>(pairs);
    (*reach)[a].Add(shared);
    (*reach)[b].Add(shared);
  };
  for (int64_t a = 0; a < sets.size(); ++a) {
    const int64_t n = sets.count(a);
    add(a, a, static_cast<int>(sets.columns(a).size()), n * (n - 1) / 2);
    for (int64_t b = a + 1; b < sets.size(); ++b) add(a, b, sets.Shared(a, b), n * sets.count(b));
  }
  if (out->pairs() > 0) out->mean_jaccard = jaccard / static_cast<double>(out->pairs());
}

void CountAnchors(const LabelSets& sets, const std::vector<Reach>& reach, LabelPairs* out) {
  for (int64_t a = 0; a < sets.size(); ++a) {
    for (int k = 0; k < 4; ++k) out->with_above[k] += reach[a].most > k ? sets.count(a) : 0;
    out->with_none += reach[a].fewest == 0 ? sets.count(a) : 0;
    out->with_both += reach[a].fewest == 0 && reach[a].most > 3 ? sets.count(a) : 0;
    if (sets.count(a) <= out->commonest_images) continue;
    out->commonest_images = sets.count(a);
    out->commonest = sets.columns(a);
  }
}

}  // namespace

int64_t LabelPairs::PairsAbove(int shared) const {
  int64_t pairs = 0;
  for (size_t s = shared + 1; s < by_shared.size(); ++s) pairs += by_shared[s];
  return pairs;
}

double LabelPairs::Share(int64_t count) const {
  return pairs() == 0 ? 0 : static_cast<double>(count) / static_cast<double>(pairs());
}

LabelPairs CountLabelPairs(absl::Span<const ImageRecord> images, int class_count) {
  LabelPairs out;
  out.images = static_cast<int64_t>(images.size());
  out.by_shared.assign(class_count + 1, 0);
  const LabelSets sets(images, class_count);
  out.label_sets = sets.size();
  std::vector<Reach> reach(sets.size());
  CountPairs(sets, &out, &reach);
  CountAnchors(sets, reach, &out);
  return out;
}

}  // namespace lookbook
