#include "engine/index/flat_top_k.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace lookbook {
namespace {

// Rows whose scores are looked at together: enough that the look costs little, few enough that the
// scores of many queries stay in a cache near the core.
constexpr int64_t kBlockRows = 256;

struct Scored {
  float score;
  int64_t row;
};

// A heap of the k best so far, the worst in front.
class Best {
 public:
  explicit Best(int64_t k) : k_(static_cast<size_t>(k)) {}

  // Rows first, first + 1, ….
  void Offer(absl::Span<const float> scores, int64_t first) {
    constexpr size_t kStep = 32;
    for (size_t i = 0; i < scores.size(); i += kStep) {
      const absl::Span<const float> step = scores.subspan(i, kStep);
      if (!AnyAbove(step, bar_)) continue;
      for (size_t j = 0; j < step.size(); ++j) {
        if (step[j] > bar_) Push({step[j], first + static_cast<int64_t>(i + j)});
      }
    }
  }

  // Best first; a row of -1 where there are fewer than k.
  void Write(int64_t* rows, float* scores) {
    std::sort_heap(heap_.begin(), heap_.end(), Above);
    heap_.resize(k_, {-std::numeric_limits<float>::max(), -1});
    for (size_t i = 0; i < k_; ++i) {
      rows[i] = heap_[i].row;
      scores[i] = heap_[i].score;
    }
  }

 private:
  // No early exit: the compiler compares many at once.
  static bool AnyAbove(absl::Span<const float> scores, float bar) {
    int above = 0;
    for (const float score : scores) above |= score > bar ? 1 : 0;
    return above != 0;
  }

  static bool Above(const Scored& a, const Scored& b) { return a.score > b.score; }

  void Push(Scored scored) {
    if (heap_.size() == k_) {
      std::pop_heap(heap_.begin(), heap_.end(), Above);
      heap_.back() = scored;
    } else {
      heap_.push_back(scored);
    }
    std::push_heap(heap_.begin(), heap_.end(), Above);
    if (heap_.size() == k_) bar_ = heap_.front().score;
  }

  const size_t k_;
  std::vector<Scored> heap_;
  float bar_ = -std::numeric_limits<float>::infinity();  // What a row must be above to enter.
};

}  // namespace

VectorScan::Hits FlatTopK(absl::Span<const float> vectors, int dim, absl::Span<const float> queries,
                          int64_t k, const DotKernel& kernel) {
  const int64_t rows = static_cast<int64_t>(vectors.size()) / dim;
  const int64_t n = static_cast<int64_t>(queries.size()) / dim;
  const PackedQueries packed = PackQueries(queries, dim, kernel);
  std::vector<Best> best(static_cast<size_t>(n), Best(k));
  std::vector<float> scores(static_cast<size_t>(packed.groups * kernel.group * kBlockRows));
  for (int64_t first = 0; first < rows; first += kBlockRows) {
    const int64_t here = std::min(kBlockRows, rows - first);
    kernel.run(vectors.data() + first * dim, here, packed, scores.data());
    for (int64_t q = 0; q < n; ++q)
      best[q].Offer({scores.data() + q * here, static_cast<size_t>(here)}, first);
  }
  VectorScan::Hits hits{std::vector<int64_t>(n * k), std::vector<float>(n * k)};
  for (int64_t q = 0; q < n; ++q) best[q].Write(&hits.rows[q * k], &hits.scores[q * k]);
  return hits;
}

}  // namespace lookbook
