#include "models/loss/angular.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "models/loss/distance.h"

namespace lookbook {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

double SquaredTangent(double degrees) {
  TORCH_CHECK(degrees > 0 && degrees < 90, "angular loss: ", degrees,
              " degrees are not between 0 and 90");
  return std::pow(std::tan(degrees * kDegree), 2);
}

// Positive pairs that have a negative: bool[B, B].
torch::Tensor UsablePairs(const PairRelation& pairs, AngularNegatives negatives) {
  if (negatives == AngularNegatives::kOfAnchor) {
    return pairs.positive & pairs.negative.any(1, /*keepdim=*/true);
  }
  const torch::Tensor n = pairs.negative.to(torch::kFloat32);
  return pairs.positive & (n.mm(n.t()) > 0);
}

// Similarities of positive pairs and everything else: anchor and positive to all, [P, B], and to
// one another, [P, 1].
struct PairSimilarity {
  torch::Tensor anchor, positive, pair;
};

// bool[P, B]: |a - p|^2 > 4 tan^2(min) |n - c|^2, both sides of unit rows.
torch::Tensor WideAngle(const PairSimilarity& s, double min_degrees) {
  const torch::Tensor side = 2 - 2 * s.pair;
  const torch::Tensor height = 1 + (1 + s.pair) / 2 - s.anchor - s.positive;
  return side > 4 * SquaredTangent(min_degrees) * height;
}

struct Triangle {
  torch::Tensor side;    // |a - p|^2: float[T].
  torch::Tensor height;  // |n - (a + p) / 2|^2: float[T].
};

Triangle TriangleOf(const torch::Tensor& embeddings, const torch::Tensor& triplets) {
  TORCH_CHECK(triplets.dim() == 2 && triplets.size(1) == 3, "triplets ", triplets.sizes(),
              " are not [T, 3]");
  const torch::Tensor z = NormalizeRows(embeddings);
  const torch::Tensor a = z.index_select(0, triplets.select(1, 0));
  const torch::Tensor p = z.index_select(0, triplets.select(1, 1));
  const torch::Tensor n = z.index_select(0, triplets.select(1, 2));
  return {(a - p).square().sum(1), (n - (a + p) / 2).square().sum(1)};
}

}  // namespace

CountedLoss AngularLoss(const torch::Tensor& embeddings, const PairRelation& pairs, uint64_t seed,
                        const AngularOptions& options) {
  const double t = SquaredTangent(options.alpha_degrees);
  const torch::Tensor s = CosineSimilarity(embeddings);
  TORCH_CHECK(s.sizes() == pairs.positive.sizes(), "AngularLoss: ", s.size(0),
              " rows for a relation of ", pairs.positive.sizes());
  const torch::Tensor listed =
      ListPairs(UsablePairs(pairs, options.negatives), options.max_pairs, seed);
  const torch::Tensor a = listed.select(1, 0), p = listed.select(1, 1);
  const PairSimilarity of{s.index_select(0, a), s.index_select(0, p), s.index({a, p}).unsqueeze(1)};
  torch::Tensor negative = pairs.negative.index_select(0, a);
  if (options.negatives == AngularNegatives::kOfBoth) {
    negative = negative & pairs.negative.index_select(0, p);
  }
  if (options.min_angle_degrees > 0) negative = negative & WideAngle(of, options.min_angle_degrees);
  const torch::Tensor f = 4 * t * (of.anchor + of.positive) - 2 * (1 + t) * of.pair;
  const torch::Tensor masked = f.masked_fill(negative.logical_not(), -1e9);
  const torch::Tensor terms = torch::cat({torch::zeros_like(of.pair), masked}, 1).logsumexp(1);
  return MeanOver(terms, negative.any(1));
}

torch::Tensor AngularHingeArguments(const torch::Tensor& embeddings, const torch::Tensor& triplets,
                                    double alpha_degrees) {
  const auto [side, height] = TriangleOf(embeddings, triplets);
  return side - 4 * SquaredTangent(alpha_degrees) * height;
}

torch::Tensor AnglesAtNegative(const torch::Tensor& embeddings, const torch::Tensor& triplets) {
  const auto [side, height] = TriangleOf(embeddings, triplets);
  return torch::atan2(side.sqrt(), 2 * height.sqrt()) / kDegree;
}

}  // namespace lookbook
