#include "models/dataset/stratify.h"

#include <numeric>

#include "models/dataset/random.h"

namespace lookbook {
namespace {

class Dealer {
 public:
  Dealer(absl::Span<const std::vector<int>> labels, int label_count,
         absl::Span<const double> shares, uint64_t seed, absl::Span<const int64_t> sizes)
      : labels_(labels),
        sizes_(sizes),
        random_(seed),
        part_(labels.size(), -1),
        left_(label_count, 0),
        wanted_(shares.begin(), shares.end()),
        members_(label_count) {
    std::vector<int64_t> order(labels.size());
    std::iota(order.begin(), order.end(), 0);
    random_.Shuffle(&order);
    int64_t all = 0;
    for (int64_t example : order) {
      all += Size(example);
      for (int label : labels[example]) {
        members_[label].push_back(example);
        left_[label] += Size(example);
      }
      if (labels[example].empty()) unlabelled_.push_back(example);
    }
    wanted_of_.assign(label_count, {});
    for (int label = 0; label < label_count; ++label) {
      for (double share : shares) wanted_of_[label].push_back(share * left_[label]);
    }
    for (double& wanted : wanted_) wanted *= all;
  }

  std::vector<int> Deal() {
    for (int label = RarestLabel(); label >= 0; label = RarestLabel()) {
      for (int64_t example : members_[label]) {
        if (part_[example] < 0) Assign(example, ChoosePart(wanted_of_[label]));
      }
    }
    for (int64_t example : unlabelled_) Assign(example, ChoosePart(wanted_));
    return std::move(part_);
  }

 private:
  int64_t Size(int64_t example) const { return sizes_.empty() ? 1 : sizes_[example]; }

  // The label with the fewest examples left, at least one; ties by chance. -1: none is left.
  int RarestLabel() {
    int best = -1;
    uint64_t ties = 0;
    for (int label = 0; label < static_cast<int>(left_.size()); ++label) {
      if (left_[label] == 0 || (best >= 0 && left_[label] > left_[best])) continue;
      if (best < 0 || left_[label] < left_[best]) ties = 0;
      if (random_.Below(++ties) == 0) best = label;
    }
    return best;
  }

  // The part that wants most of `wanted`; ties by the most examples wanted at all, then by chance.
  int ChoosePart(const std::vector<double>& wanted) {
    int best = 0;
    uint64_t ties = 1;
    for (int part = 1; part < static_cast<int>(wanted.size()); ++part) {
      if (wanted[part] < wanted[best]) continue;
      const bool tie = wanted[part] == wanted[best] && wanted_[part] == wanted_[best];
      if (wanted[part] == wanted[best] && wanted_[part] < wanted_[best]) continue;
      ties = tie ? ties + 1 : 1;
      if (random_.Below(ties) == 0) best = part;
    }
    return best;
  }

  void Assign(int64_t example, int part) {
    part_[example] = part;
    wanted_[part] -= Size(example);
    for (int label : labels_[example]) {
      wanted_of_[label][part] -= Size(example);
      left_[label] -= Size(example);
    }
  }

  const absl::Span<const std::vector<int>> labels_;
  const absl::Span<const int64_t> sizes_;  // Empty: 1 each.
  Random random_;
  std::vector<int> part_;                       // -1 = not dealt yet.
  std::vector<int64_t> left_;                   // Per label: examples not dealt yet.
  std::vector<double> wanted_;                  // Per part: examples it still should get.
  std::vector<std::vector<double>> wanted_of_;  // Per label and part: likewise, of that label.
  std::vector<std::vector<int64_t>> members_;   // Per label: its examples, in random order.
  std::vector<int64_t> unlabelled_;
};

}  // namespace

std::vector<int> Stratify(absl::Span<const std::vector<int>> labels, int label_count,
                          absl::Span<const double> shares, uint64_t seed,
                          absl::Span<const int64_t> sizes) {
  return Dealer(labels, label_count, shares, seed, sizes).Deal();
}

}  // namespace lookbook
