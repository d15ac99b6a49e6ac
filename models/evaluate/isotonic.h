// From a similarity to the probability that it means something: isotonic regression by pooling
// adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace lookbook {

// One question that was answered: how similar, and was it right?
struct JudgedPair {
  float similarity = 0;
  bool relevant = false;
};

// A stretch of similarities that share one probability, the mean over its pairs.
struct IsotonicBlock {
  float low = 0;  // Least and largest similarity of its pairs.
  float high = 0;
  double probability = 0;
  double pairs = 0;
};

// The non-decreasing step function with the least squared error. Pairs of equal similarity share a
// block; blocks ascend, and their probabilities rise strictly.
std::vector<IsotonicBlock> FitIsotonic(std::vector<JudgedPair> pairs);

// At most `most` blocks: neighbours whose union adds the least squared error are joined, one pair
// after the other. Means stay means, so what rose still rises. REQUIRES: most >= 1.
std::vector<IsotonicBlock> JoinBlocks(std::vector<IsotonicBlock> blocks, int most);

// A point of the curve that a manifest carries.
struct Knot {
  float similarity = 0;
  float probability = 0;
};

// Both ends of every block: flat within blocks, straight between them. Similarities ascend.
std::vector<Knot> ToKnots(absl::Span<const IsotonicBlock> blocks);

// The curve's value, exactly as a server computes it. REQUIRES: knots are ToKnots of at least one
// block.
double ProbabilityAt(absl::Span<const Knot> knots, float similarity);

// One bin of a reliability diagram.
struct ReliabilityBin {
  double predicted = 0;  // Mean probability of its pairs.
  double observed = 0;   // Share of them that is relevant.
  int64_t pairs = 0;
};

// At most `bins` bins of equal mass in the order of the probability, ties in the order given; none
// is empty. REQUIRES: equal sizes, bins >= 1.
std::vector<ReliabilityBin> Reliability(absl::Span<const double> probabilities,
                                        absl::Span<const uint8_t> relevant, int bins = 15);

// Expected calibration error: the mean over pairs of |predicted - observed| of their bin.
double ExpectedCalibrationError(absl::Span<const ReliabilityBin> bins);

// Over the pairs of all bins: mean probability, share that is relevant, and their number. Zeros of
// no bin.
ReliabilityBin Pooled(absl::Span<const ReliabilityBin> bins);

}  // namespace lookbook
