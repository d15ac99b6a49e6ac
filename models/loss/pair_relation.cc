#include "models/loss/pair_relation.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace lookbook {
namespace {

struct Overlap {
  torch::Tensor shared;   // S or S^w: [B, B].
  torch::Tensor jaccard;  // J or J^w: [B, B].
};

// y: float[B, C]; w: [C].
Overlap WeightedOverlap(const torch::Tensor& y, const torch::Tensor& w) {
  const torch::Tensor shared = (y * w).mm(y.t());
  const torch::Tensor size = (y * w).sum(1);
  const torch::Tensor united = size.unsqueeze(1) + size.unsqueeze(0) - shared;
  return {shared, (shared / united.clamp_min(1e-12)).masked_fill(united <= 0, 0.0)};
}

// Each anchor's positives at the highest level, from `positive_shared` down to 0, that gives it
// any.
void FallBack(const torch::Tensor& others, int64_t positive_shared, PairRelation& pairs) {
  torch::Tensor open = torch::ones_like(others.select(1, 0)).unsqueeze(1);  // Anchors without one.
  pairs.positive = torch::zeros_like(others);
  for (int64_t level = positive_shared; level >= 0; --level) {
    const torch::Tensor found = open & (pairs.shared > level) & others;
    const torch::Tensor anchors = found.any(1, /*keepdim=*/true);
    pairs.positive = pairs.positive | found;
    pairs.anchors_per_level.push_back(anchors.sum().item<int64_t>());
    open = open & anchors.logical_not();
  }
  pairs.dropped_anchors = open.sum().item<int64_t>();
}

// y: float[B, C].
void Adapt(const torch::Tensor& y, const PairOptions& options, PairRelation& pairs) {
  pairs.positive = pairs.positive | (pairs.jaccard >= options.positive_jaccard);
  torch::Tensor weighted = pairs.jaccard;
  if (options.idf.defined()) weighted = WeightedOverlap(y, options.idf.to(y.options())).jaccard;
  pairs.negative =
      (pairs.negative | (weighted <= options.negative_jaccard)) & pairs.positive.logical_not();
}

void Check(const torch::Tensor& targets, const PairOptions& options) {
  TORCH_CHECK(targets.dim() == 2 && targets.size(1) > 0, "RelatePairs: targets ", targets.sizes(),
              " are not [B, C]");
  TORCH_CHECK(
      !options.idf.defined() || (options.idf.dim() == 1 && options.idf.size(0) == targets.size(1)),
      "RelatePairs: idf ", options.idf.sizes(), " for ", targets.size(1), " classes");
  TORCH_CHECK(
      options.positive_shared >= 0 && options.positive_jaccard > 0 && options.negative_jaccard >= 0,
      "RelatePairs: thresholds positive_shared ", options.positive_shared, ", positive_jaccard ",
      options.positive_jaccard, ", negative_jaccard ", options.negative_jaccard);
}

}  // namespace

PairRelation RelatePairs(const torch::Tensor& targets, const PairOptions& options) {
  Check(targets, options);
  torch::NoGradGuard no_grad;
  const torch::Tensor y =
      targets.scalar_type() == torch::kFloat64 ? targets : targets.to(torch::kFloat32);
  const auto [shared, jaccard] = WeightedOverlap(y, torch::ones({y.size(1)}, y.options()));
  const torch::Tensor others = torch::eye(y.size(0), y.options().dtype(torch::kBool)).logical_not();
  PairRelation pairs{.shared = shared,
                     .jaccard = jaccard,
                     .positive = shared > options.positive_shared,
                     .negative = shared == 0};
  if (options.rule == PairRule::kAdaptive) Adapt(y, options, pairs);
  if (options.rule == PairRule::kStudy) FallBack(others, options.positive_shared, pairs);
  pairs.positive = pairs.positive & others;
  pairs.negative = pairs.negative & others;
  return pairs;
}

torch::Tensor ListPairs(const torch::Tensor& mask, int64_t cap, uint64_t seed) {
  TORCH_CHECK(mask.dim() == 2 && cap > 0, "ListPairs: mask ", mask.sizes(), ", cap ", cap);
  const torch::Tensor all = mask.nonzero();
  if (all.size(0) <= cap) return all;
  const torch::Tensor order =
      torch::randperm(all.size(0), at::detail::createCPUGenerator(seed), torch::kInt64);
  const torch::Tensor drawn = std::get<0>(order.slice(0, 0, cap).sort());
  return all.index_select(0, drawn.to(all.device()));
}

}  // namespace lookbook
