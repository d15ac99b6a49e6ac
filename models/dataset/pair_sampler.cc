#include "models/dataset/pair_sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "models/dataset/random.h"

namespace lookbook {
namespace {

constexpr uint64_t kPairStream = 4;

std::vector<double> SeedWeights(const FashionData& data, const std::vector<int64_t>& rows) {
  std::vector<double> counts(data.labels.classes.size(), 0);
  for (const int64_t row : rows) {
    for (const int column : data.images[row].classes) ++counts[column];
  }
  std::vector<double> weights;
  for (const int64_t row : rows) {
    double weight = 1e-9;  // An image without labels may be drawn, too.
    for (const int column : data.images[row].classes) weight += 1 / std::sqrt(counts[column]);
    weights.push_back(weight);
  }
  return weights;
}

// Fills one batch; never the same row twice.
class BatchDraw {
 public:
  explicit BatchDraw(size_t size) : size_(size) {}
  bool full() const { return chosen_.size() == size_; }
  bool Add(size_t row) {
    if (full() || !taken_.insert(row).second) return false;
    chosen_.push_back(row);
    return true;
  }
  const std::vector<size_t>& chosen() const { return chosen_; }

 private:
  const size_t size_;
  absl::flat_hash_set<size_t> taken_;
  std::vector<size_t> chosen_;
};

}  // namespace

PairSampler::PairSampler(const FashionData& data, std::vector<int64_t> rows,
                         PairSamplerOptions options)
    : rows_(std::move(rows)), options_(options), words_((data.labels.classes.size() + 63) / 64) {
  labels_.resize(words_ * rows_.size());
  for (size_t i = 0; i < rows_.size(); ++i) {
    const std::vector<int>& classes = data.images[rows_[i]].classes;
    for (const int column : classes) {
      labels_[i * words_ + column / 64] |= Bits{1} << (column % 64);
    }
    label_counts_.push_back(static_cast<int>(classes.size()));
  }
  const std::vector<double> weights = SeedWeights(data, rows_);
  cumulative_.resize(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cumulative_.begin());
}

int PairSampler::Shared(size_t a, size_t b) const {
  int shared = 0;
  for (size_t w = 0; w < words_; ++w)
    shared += std::popcount(labels_[a * words_ + w] & labels_[b * words_ + w]);
  return shared;
}

bool PairSampler::Similar(size_t a, size_t b, int shared) const {
  if (options_.rule != PartnerRule::kSharedOrSimilar) return false;
  const int all = label_counts_[a] + label_counts_[b] - shared;
  return all > 0 && shared >= options_.positive_jaccard * all;
}

std::vector<size_t> PairSampler::Partners(size_t of) const {
  std::vector<size_t> out, nearest;
  int most = 0;  // Shared with `nearest`, at most positive_shared.
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (i == of) continue;
    const int shared = Shared(of, i);
    if (shared > options_.positive_shared || Similar(of, i, shared)) out.push_back(i);
    if (shared > most) nearest.clear();
    most = std::max(most, shared);
    if (shared == most && most > 0) nearest.push_back(i);
  }
  const bool falls_back = options_.rule == PartnerRule::kFallBack && out.empty();
  return falls_back ? nearest : out;
}

std::vector<int64_t> PairSampler::Order(int64_t epoch) const {
  const size_t size = static_cast<size_t>(options_.batch_size);
  Random random(
      MixSeed({static_cast<uint64_t>(options_.seed), kPairStream, static_cast<uint64_t>(epoch)}));
  std::vector<int64_t> order;
  for (size_t batch = 0; batch < rows_.size() / size; ++batch) {
    BatchDraw draw(size);
    const size_t seeds = std::max<size_t>(1, size / (1 + options_.partners));
    for (size_t s = 0; s < seeds && !draw.full(); ++s) {
      const double at = random.Uniform() * cumulative_.back();
      const size_t found =
          std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin();
      const size_t seed = std::min(found, rows_.size() - 1);
      if (!draw.Add(seed)) continue;
      std::vector<size_t> partners = Partners(seed);
      random.Shuffle(&partners);
      int added = 0;
      for (size_t i = 0; i < partners.size() && added < options_.partners; ++i) {
        if (draw.Add(partners[i])) ++added;
      }
    }
    while (!draw.full()) draw.Add(random.Below(rows_.size()));
    for (const size_t row : draw.chosen()) order.push_back(rows_[row]);
  }
  return order;
}

}  // namespace lookbook
