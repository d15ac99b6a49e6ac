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

std::vector<ReliabilityBin> Reliability(absl::Span<const double> probabilities,
                                        absl::Span<const uint8_t> relevant, int bins) {
  const size_t n = probabilities.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return probabilities[a] < probabilities[b]; });
  std::vector<ReliabilityBin> out;
  for (int b = 0; b < bins; ++b) {
    const size_t begin = n * b / bins, end = n * (b + 1) / bins;
    if (begin == end) continue;
    ReliabilityBin bin{.pairs = static_cast<int64_t>(end - begin)};
    for (size_t i = begin; i < end; ++i) {
      bin.predicted += probabilities[order[i]];
      bin.observed += relevant[order[i]];
    }
    bin.predicted /= static_cast<double>(bin.pairs);
    bin.observed /= static_cast<double>(bin.pairs);
    out.push_back(bin);
  }
  return out;
}

double ExpectedCalibrationError(absl::Span<const ReliabilityBin> bins) {
  double error = 0, pairs = 0;
  for (const ReliabilityBin& bin : bins) {
    error += static_cast<double>(bin.pairs) * std::abs(bin.predicted - bin.observed);
    pairs += static_cast<double>(bin.pairs);
  }
  return pairs == 0 ? 0 : error / pairs;
}

ReliabilityBin Pooled(absl::Span<const ReliabilityBin> bins) {
  ReliabilityBin out;
  for (const ReliabilityBin& bin : bins) {
    out.predicted += static_cast<double>(bin.pairs) * bin.predicted;
    out.observed += static_cast<double>(bin.pairs) * bin.observed;
    out.pairs += bin.pairs;
  }
  if (out.pairs == 0) return out;
  out.predicted /= static_cast<double>(out.pairs);
  out.observed /= static_cast<double>(out.pairs);
  return out;
}

}  // namespace lookbook
