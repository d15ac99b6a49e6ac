#include "models/evaluate/isotonic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/piecewise_linear.h"

namespace lookbook {
namespace {

IsotonicBlock Join(const IsotonicBlock& a, const IsotonicBlock& b) {
  const double pairs = a.pairs + b.pairs;
  return {a.low, b.high, (a.probability * a.pairs + b.probability * b.pairs) / pairs, pairs};
}

// What joining adds to the sum of squared errors.
double Cost(const IsotonicBlock& a, const IsotonicBlock& b) {
  const double gap = a.probability - b.probability;
  return a.pairs * b.pairs / (a.pairs + b.pairs) * gap * gap;
}

// One block for each distinct similarity, ascending.
std::vector<IsotonicBlock> PoolTies(std::vector<JudgedPair> pairs) {
  std::sort(pairs.begin(), pairs.end(),
            [](const JudgedPair& a, const JudgedPair& b) { return a.similarity < b.similarity; });
  std::vector<IsotonicBlock> blocks;
  for (size_t i = 0; i < pairs.size();) {
    const float similarity = pairs[i].similarity;
    double relevant = 0, count = 0;
    for (; i < pairs.size() && pairs[i].similarity == similarity; ++i) {
      relevant += pairs[i].relevant;
      ++count;
    }
    blocks.push_back({similarity, similarity, relevant / count, count});
  }
  return blocks;
}

}  // namespace

std::vector<IsotonicBlock> FitIsotonic(std::vector<JudgedPair> pairs) {
  std::vector<IsotonicBlock> blocks;
  for (IsotonicBlock block : PoolTies(std::move(pairs))) {
    while (!blocks.empty() && blocks.back().probability >= block.probability) {
      block = Join(blocks.back(), block);
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  return blocks;
}

std::vector<IsotonicBlock> JoinBlocks(std::vector<IsotonicBlock> blocks, int most) {
  while (static_cast<int>(blocks.size()) > most) {
    size_t cheapest = 0;
    for (size_t i = 1; i + 1 < blocks.size(); ++i) {
      if (Cost(blocks[i], blocks[i + 1]) < Cost(blocks[cheapest], blocks[cheapest + 1]))
        cheapest = i;
    }
    blocks[cheapest] = Join(blocks[cheapest], blocks[cheapest + 1]);
    blocks.erase(blocks.begin() + static_cast<ptrdiff_t>(cheapest) + 1);
  }
  return blocks;
}

std::vector<Knot> ToKnots(absl::Span<const IsotonicBlock> blocks) {
  std::vector<Knot> knots;
  for (const IsotonicBlock& block : blocks) {
    const float probability = static_cast<float>(block.probability);
    knots.push_back({block.low, probability});
    if (block.high > block.low) knots.push_back({block.high, probability});
  }
  return knots;
}

double ProbabilityAt(absl::Span<const Knot> knots, float similarity) {
  return PiecewiseLinear(
      knots.begin(), knots.end(), similarity, [](const Knot& knot) { return knot.similarity; },
      [](const Knot& knot) { return knot.probability; });
}

double ExpectedCalibrationError(absl::Span<const double> probabilities,
                                absl::Span<const uint8_t> relevant, int bins) {
  const size_t n = probabilities.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return probabilities[a] < probabilities[b]; });
  double error = 0;
  for (int bin = 0; bin < bins; ++bin) {
    double difference = 0;
    for (size_t i = n * bin / bins; i < n * (bin + 1) / bins; ++i)
      difference += probabilities[order[i]] - relevant[order[i]];
    error += std::abs(difference);
  }
  return n == 0 ? 0 : error / static_cast<double>(n);
}

}  // namespace lookbook
