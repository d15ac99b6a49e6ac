// Losses on pair relations.
#include "models/loss/angular.h"
#include "models/loss/distance.h"
#include "models/loss/graded.h"
#include "models/loss/mulsupcon.h"
#include "models/loss/pair_relation.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"
#include "tests/models/loss/oracle_checks.h"

namespace lookbook {
namespace {

PairRelation StrictPairs(Oracle& oracle) {
  return RelatePairs(oracle.Tensor("/inputs/Y"), {.rule = PairRule::kStrict});
}

// A relation of single labels.
PairRelation SingleLabels(const torch::Tensor& labels) {
  return RelatePairs(torch::one_hot(labels.to(torch::kInt64)),
                     {.rule = PairRule::kStrict, .positive_shared = 0});
}

void CheckBatchAll(Oracle& oracle, const std::string& name, double margin) {
  const PairRelation pairs = StrictPairs(oracle);
  const TripletOptions options = {.margin = margin};
  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string place = "/triplet/" + name;
  ExpectLoss(oracle, x, place + "/loss_avg_nonzero", place + "/grad",
             [&](const torch::Tensor& e) { return TripletLoss(e, pairs, options).loss; });
  const TripletResult result = TripletLoss(x, pairs, options);
  oracle.Expect(place + "/active", result.active);
  oracle.Expect(place + "/total", result.total);
  oracle.Expect(place + "/loss_mean_over_all", result.loss * result.active / result.total);
}

// A case with "loss" and "grad", and with the mined triplets where the file lists them.
void CheckMined(Oracle& oracle, const std::string& name, const TripletOptions& options) {
  const PairRelation pairs = StrictPairs(oracle);
  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string place = "/triplet/" + name;
  ExpectLoss(oracle, x, place + "/loss", place + "/grad",
             [&](const torch::Tensor& e) { return TripletLoss(e, pairs, options).loss; });
  if (!oracle.json()["triplet"][name].contains("triplets")) return;
  oracle.Expect(place + "/triplets",
                MineTriplets(PairwiseDistance(x), pairs, options.miner, options.margin));
}

void CheckGraded(Oracle& oracle) {
  const PairRelation pairs = StrictPairs(oracle);
  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string place = "/triplet/graded_jaccard_margin_0.5_squared";
  ExpectLoss(oracle, x, place + "/loss_avg_nonzero", place + "/grad",
             [&](const torch::Tensor& e) { return GradedTripletLoss(e, pairs).loss; });
  oracle.Expect(place + "/active", GradedTripletLoss(x, pairs).terms);
}

void CheckCollapsed(Oracle& oracle) {
  const PairRelation pairs = StrictPairs(oracle);
  const torch::Tensor constant = oracle.Tensor("/inputs/X").slice(0, 0, 1).repeat({6, 1});
  for (TripletMiner miner : {TripletMiner::kBatchAll, TripletMiner::kBatchHard}) {
    const auto landmark = [&](double margin, TripletForm form) {
      return TripletLoss(constant, pairs, {.miner = miner, .form = form, .margin = margin}).loss;
    };
    oracle.Expect("/triplet/collapsed/margin_0.2", landmark(0.2, TripletForm::kHinge));
    oracle.Expect("/triplet/collapsed/margin_0.0", landmark(0, TripletForm::kHinge));
    oracle.Expect("/triplet/collapsed/softplus", landmark(0.2, TripletForm::kSoftplus));
  }
}

void CheckAngularCase(Oracle& oracle, const std::string& name, const AngularOptions& options) {
  const PairRelation pairs = StrictPairs(oracle);
  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string place = "/angular/cases/" + name;
  ExpectLoss(oracle, x, place + "/loss", place + "/grad",
             [&](const torch::Tensor& e) { return AngularLoss(e, pairs, 0, options).loss; });
  oracle.Expect(place + "/pairs_used", AngularLoss(x, pairs, 0, options).terms);
}

void CheckSupConCase(Oracle& oracle, const std::string& name, const SupConOptions& options) {
  const PairRelation pairs = StrictPairs(oracle);
  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string place = "/supcon/cases/" + name;
  ExpectLoss(oracle, x, place + "/loss", place + "/grad",
             [&](const torch::Tensor& e) { return SupConLoss(e, pairs, options).loss; });
  oracle.Expect(place + "/anchors", SupConLoss(x, pairs, options).terms);
}

void CheckMulSupCon(Oracle& oracle, const std::string& name, const MulSupConOptions& options) {
  const torch::Tensor x = oracle.Tensor("/inputs/X"), y = oracle.Tensor("/inputs/Y");
  const std::string place = "/supcon/cases/" + name;
  ExpectLoss(oracle, x, place + "/loss", place + "/grad",
             [&](const torch::Tensor& e) { return MulSupConLoss(e, y, options).loss; });
  oracle.Expect(place + "/terms", MulSupConLoss(x, y, options).terms);
}

}  // namespace

void CheckPairs(Oracle& oracle) {
  const PairRelation pairs = StrictPairs(oracle);
  oracle.Expect("/pairs/shared", pairs.shared);
  oracle.Expect("/pairs/jaccard", pairs.jaccard);
  oracle.Expect("/pairs/positive", pairs.positive);
  oracle.Expect("/pairs/negative", pairs.negative);
  oracle.Expect("/pairs/anchors_with_both",
                (pairs.positive.any(1) & pairs.negative.any(1)).nonzero().squeeze(1));
  oracle.Expect("/pairs/positive_pairs", ListPairs(pairs.positive, 100, 0));
  oracle.Expect("/pairs/all_triplets", AllTriplets(pairs).nonzero());
}

void CheckTriplet(Oracle& oracle) {
  oracle.Expect("/triplet/D", PairwiseDistance(oracle.Tensor("/inputs/X")));
  CheckBatchAll(oracle, "batch_all_margin_0.0", 0);
  CheckBatchAll(oracle, "batch_all_margin_0.2", 0.2);
  CheckBatchAll(oracle, "batch_all_margin_0.5", 0.5);
  CheckMined(oracle, "batch_all_softplus", {.form = TripletForm::kSoftplus});
  CheckMined(oracle, "batch_hard_margin_0.2", {.miner = TripletMiner::kBatchHard});
  CheckMined(oracle, "batch_hard_softplus",
             {.miner = TripletMiner::kBatchHard, .form = TripletForm::kSoftplus});
  CheckMined(oracle, "semihard_margin_1.0", {.miner = TripletMiner::kSemiHard, .margin = 1});
  CheckGraded(oracle);
  CheckCollapsed(oracle);
}

void CheckAngular(Oracle& oracle) {
  constexpr AngularNegatives kBoth = AngularNegatives::kOfBoth,
                             kAnchor = AngularNegatives::kOfAnchor;
  CheckAngularCase(oracle, "alpha40_neg_of_both", {.alpha_degrees = 40, .negatives = kBoth});
  CheckAngularCase(oracle, "alpha40_neg_of_anchor", {.alpha_degrees = 40, .negatives = kAnchor});
  CheckAngularCase(oracle, "alpha45_neg_of_both", {.negatives = kBoth});
  CheckAngularCase(oracle, "alpha45_neg_of_anchor", {.negatives = kAnchor});

  const torch::Tensor x = oracle.Tensor("/inputs/X");
  const std::string single = "/angular/cases/single_label_alpha40";
  const PairRelation labels = SingleLabels(oracle.Tensor(single + "/labels"));
  const LossFunction loss = [&](const torch::Tensor& e) {
    return AngularLoss(e, labels, 0, {.alpha_degrees = 40}).loss;
  };
  ExpectLoss(oracle, x, single + "/loss", single + "/grad", loss);
  // The value of a library that forgets to normalise the negatives; ours must not be that one.
  EXPECT_GT(std::abs(loss(x).item<double>() - oracle.Number("/angular/pml_raw_input_value/loss")),
            0.05);

  const torch::Tensor triplet = torch::tensor({{0, 1, 2}}, torch::kInt64);
  oracle.Expect("/angular/cases/hinge_argument_triplet_0_1_2_alpha45",
                AngularHingeArguments(x, triplet, 45).squeeze());
  oracle.Expect("/angular/cases/angle_at_negative_deg_triplet_0_1_2",
                AnglesAtNegative(x, triplet).squeeze());
}

void CheckSupCon(Oracle& oracle) {
  const double tau = oracle.Number("/supcon/temperature");
  CheckSupConCase(oracle, "any_shared", {.weights = SupConWeights::kAny, .temperature = tau});
  CheckSupConCase(oracle, "exact_match", {.weights = SupConWeights::kExact, .temperature = tau});
  CheckSupConCase(oracle, "jaccard", {.beta = 1, .temperature = tau});
  CheckSupConCase(oracle, "shared_gt_3", {.weights = SupConWeights::kPositive, .temperature = tau});
  CheckMulSupCon(oracle, "mulsupcon_mean_over_(anchor,label)", {.temperature = tau});
  CheckMulSupCon(oracle, "mulsupcon_per_anchor_mean",
                 {.reduction = MulSupConReduction::kAnchors, .temperature = tau});

  const std::string single = "/supcon/cases/single_label_supcon";
  const PairRelation labels = SingleLabels(oracle.Tensor(single + "/labels"));
  for (SupConWeights weights :
       {SupConWeights::kAny, SupConWeights::kExact, SupConWeights::kPositive,
        SupConWeights::kJaccard, SupConWeights::kShared}) {
    ExpectLoss(oracle, oracle.Tensor("/inputs/X"), single + "/loss", single + "/grad",
               [&](const torch::Tensor& e) {
                 return SupConLoss(e, labels, {.weights = weights, .temperature = tau}).loss;
               });
  }
}

}  // namespace lookbook
