#include "tests/models/loss/loss_table.h"

#include "models/loss/angular.h"
#include "models/loss/asl.h"
#include "models/loss/barlow.h"
#include "models/loss/bce.h"
#include "models/loss/byol.h"
#include "models/loss/graded.h"
#include "models/loss/margin_loss.h"
#include "models/loss/mulsupcon.h"
#include "models/loss/npair.h"
#include "models/loss/ntxent.h"
#include "models/loss/rotation.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"
#include "models/loss/vicreg.h"
#include "tests/models/loss/oracle_fixture.h"

namespace lookbook {
namespace {

constexpr int64_t kSeed = 5;

PairRelation Pairs(const LossInput& in) {
  return RelatePairs(in.y, {.rule = PairRule::kStrict, .positive_shared = 2});
}

// Four labels for four logits.
torch::Tensor Targets(const LossInput& in) { return in.y.slice(1, 2, 6); }

LossCase Triplet(const std::string& name, const TripletOptions& options, bool scale_free = true) {
  return {.name = name,
          .loss = [=](const LossInput& in) { return TripletLoss(in.x, Pairs(in), options).loss; },
          .needs_pairs = true,
          .scale_free = scale_free};
}

LossCase SupCon(const std::string& name, const SupConOptions& options) {
  return {.name = name,
          .loss = [=](const LossInput& in) { return SupConLoss(in.x, Pairs(in), options).loss; },
          .needs_pairs = true,
          .scale_free = true};
}

void AddLabelLosses(std::vector<LossCase>& all) {
  const torch::Tensor weights = torch::tensor({0.5, 1.0, 2.0, 4.0}, torch::kFloat64);
  all.push_back({.name = "bce", .loss = [=](const LossInput& in) {
                   return BceLoss(
                       in.x, Targets(in), {},
                       {.smoothing = 0.1, .pos_weight = weights, .class_weights = weights});
                 }});
  all.push_back({.name = "asl", .loss = [](const LossInput& in) {
                   return AslLoss(in.x, Targets(in), {}, {.detach_focal = false});
                 }});
  all.push_back({.name = "asl_detached",
                 .loss = [](const LossInput& in) { return AslLoss(in.x, Targets(in)); },
                 .true_gradient = false});
  all.push_back({.name = "rotation", .loss = [](const LossInput& in) {
                   return RotationLoss(in.x, in.y.sum(1).to(torch::kInt64) % 4);
                 }});
}

void AddTriplets(std::vector<LossCase>& all) {
  all.push_back(Triplet("triplet_batch_all", {.margin = 0.5}));
  all.push_back(Triplet("triplet_semi_hard", {.miner = TripletMiner::kSemiHard, .margin = 1}));
  all.push_back(Triplet("triplet_batch_hard", {.miner = TripletMiner::kBatchHard, .margin = 1}));
  all.push_back(
      Triplet("triplet_easy_positive", {.miner = TripletMiner::kEasyPositive, .margin = 2}));
  all.push_back(Triplet("triplet_softplus", {.form = TripletForm::kSoftplus}));
  all.push_back(
      Triplet("triplet_cosine", {.margin = 0.5, .distance = {.kind = DistanceKind::kCosine}}));
  all.push_back(Triplet("triplet_raw", {.margin = 0.5, .distance = {.normalize = false}}, false));
  all.push_back(
      {.name = "graded",
       .loss = [](const LossInput& in) { return GradedTripletLoss(in.x, Pairs(in)).loss; },
       .needs_pairs = true,
       .scale_free = true});
  all.push_back({.name = "margin",
                 .loss =
                     [](const LossInput& in) {
                       return MarginLoss(in.x, Pairs(in), kSeed, {.farthest = 1.9}).loss;
                     },
                 .needs_pairs = true,
                 .scale_free = true,
                 .order_free = false});
}

void AddAngular(std::vector<LossCase>& all) {
  for (AngularNegatives negatives : {AngularNegatives::kOfBoth, AngularNegatives::kOfAnchor}) {
    all.push_back(
        {.name = negatives == AngularNegatives::kOfBoth ? "angular_both" : "angular_anchor",
         .loss =
             [=](const LossInput& in) {
               return AngularLoss(in.x, Pairs(in), kSeed, {.negatives = negatives}).loss;
             },
         .needs_pairs = true,
         .scale_free = true});
  }
  all.push_back({.name = "npair",
                 .loss =
                     [](const LossInput& in) {
                       return NPairLoss(in.x, Pairs(in), kSeed, {.norm_weight = 0}).loss;
                     },
                 .needs_pairs = true});
  all.push_back({.name = "npair_norm", .loss = [](const LossInput& in) {
                   return NPairLoss(in.x, Pairs(in), kSeed).loss;
                 }});
}

void AddSupCon(std::vector<LossCase>& all) {
  all.push_back(SupCon("supcon_any", {.weights = SupConWeights::kAny}));
  all.push_back(SupCon("supcon_exact", {.weights = SupConWeights::kExact}));
  all.push_back(SupCon("supcon_positive", {.weights = SupConWeights::kPositive}));
  all.push_back(SupCon("supcon_jaccard", {}));
  all.push_back(SupCon("supcon_shared", {.weights = SupConWeights::kShared}));
  for (auto reduction : {MulSupConReduction::kTerms, MulSupConReduction::kAnchors}) {
    all.push_back(
        {.name = reduction == MulSupConReduction::kTerms ? "mulsupcon_terms" : "mulsupcon_anchors",
         .loss =
             [=](const LossInput& in) {
               return MulSupConLoss(in.x, in.y, {.reduction = reduction}).loss;
             },
         .needs_pairs = true,
         .scale_free = true});
  }
}

// A loss on two views, in its first and, if it has a gradient there, in its second.
void AddViews(std::vector<LossCase>& all, const std::string& name, bool scale_free,
              std::function<torch::Tensor(const torch::Tensor&, const torch::Tensor&)> loss) {
  all.push_back({.name = name,
                 .loss = [=](const LossInput& in) { return loss(in.x, in.other); },
                 .scale_free = scale_free});
  all.push_back({.name = name + "_second_view",
                 .loss = [=](const LossInput& in) { return loss(in.other, in.x); },
                 .scale_free = scale_free});
}

void AddSelfSupervised(std::vector<LossCase>& all) {
  using View = const torch::Tensor&;
  AddViews(all, "ntxent", true, [](View a, View b) { return NtXentLoss(a, b); });
  AddViews(all, "dcl", true, [](View a, View b) { return NtXentLoss(a, b, {.decoupled = true}); });
  AddViews(all, "vicreg", false, [](View a, View b) { return VicRegLoss(a, b).loss; });
  AddViews(all, "barlow", false, [](View a, View b) { return BarlowLoss(a, b); });
  all.push_back({.name = "byol",
                 .loss = [](const LossInput& in) { return ByolLoss(in.x, in.other); },
                 .scale_free = true});
}

}  // namespace

LossInput StandardInput() {
  Oracle oracle;
  return {oracle.Tensor("/inputs/X"), oracle.Tensor("/inputs/X2"), oracle.Tensor("/inputs/Y")};
}

std::ostream& operator<<(std::ostream& out, const LossCase& loss) { return out << loss.name; }

const std::vector<LossCase>& AllLosses() {
  static const std::vector<LossCase>& all = *[] {
    auto* losses = new std::vector<LossCase>;
    AddLabelLosses(*losses);
    AddTriplets(*losses);
    AddAngular(*losses);
    AddSupCon(*losses);
    AddSelfSupervised(*losses);
    return losses;
  }();
  return all;
}

}  // namespace lookbook
