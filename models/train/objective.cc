#include "models/train/objective.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/utils.h>

#include "absl/strings/str_cat.h"
#include "models/dataset/device_copy.h"
#include "models/loss/angular.h"
#include "models/loss/asl.h"
#include "models/loss/bce.h"
#include "models/loss/class_weights.h"
#include "models/loss/graded.h"
#include "models/loss/mulsupcon.h"
#include "models/loss/npair.h"
#include "models/loss/ntxent.h"
#include "models/loss/rotation.h"
#include "models/loss/supcon.h"
#include "models/loss/triplet.h"
#include "models/loss/vicreg.h"
#include "models/train/pair_rule.h"

namespace lookbook {
namespace {

TripletOptions ToTripletOptions(const TripletRecipe& recipe) {
  TripletOptions options;
  options.miner = recipe.miner == "batch_all"    ? TripletMiner::kBatchAll
                  : recipe.miner == "semi_hard"  ? TripletMiner::kSemiHard
                  : recipe.miner == "batch_hard" ? TripletMiner::kBatchHard
                                                 : TripletMiner::kEasyPositive;
  options.form = recipe.soft ? TripletForm::kSoftplus : TripletForm::kHinge;
  options.margin = recipe.margin;
  options.accuracy_margin = recipe.accuracy_margin;
  options.distance.kind =
      recipe.distance == "cosine" ? DistanceKind::kCosine : DistanceKind::kEuclidean;
  options.distance.normalize = recipe.normalize;
  return options;
}

SupConOptions ToSupConOptions(const SupConRecipe& recipe) {
  SupConOptions options;
  options.weights = recipe.relation == "any"      ? SupConWeights::kAny
                    : recipe.relation == "exact"  ? SupConWeights::kExact
                    : recipe.relation == "strict" ? SupConWeights::kPositive
                    : recipe.relation == "shared" ? SupConWeights::kShared
                                                  : SupConWeights::kJaccard;
  options.beta = recipe.beta;
  options.temperature = recipe.tau;
  return options;
}

torch::Tensor Triplets(const LossRecipe& loss, const PairRelation& pairs, ObjectiveValue* value) {
  // Raw rows where the recipe says so; all other distances are between unit rows.
  const TripletResult result =
      TripletLoss(value->output.embedding_raw, pairs, ToTripletOptions(loss.triplet));
  const double total = static_cast<double>(result.total);
  value->shares["triplet_active"] = {static_cast<double>(result.active), total};
  value->shares["triplet_accuracy"] = {static_cast<double>(result.right), total};
  value->shares["triplet_ordered"] = {static_cast<double>(result.ordered), total};
  return result.loss;
}

torch::Tensor Angular(const AngularRecipe& recipe, const PairRelation& pairs, uint64_t seed,
                      const torch::Tensor& embeddings) {
  AngularOptions options;
  options.alpha_degrees = recipe.degrees;
  options.negatives =
      recipe.negatives == "both" ? AngularNegatives::kOfBoth : AngularNegatives::kOfAnchor;
  options.max_pairs = recipe.max_pairs;
  torch::Tensor sum = AngularLoss(embeddings, pairs, seed, options).loss;
  if (recipe.npair > 0) {
    const NPairOptions npair = {.max_pairs = recipe.max_pairs};
    sum = sum + recipe.npair * NPairLoss(embeddings, pairs, seed, npair).loss;
  }
  return sum;
}

void NoteStudyLevels(const LossRecipe& loss, const PairRelation& pairs, ObjectiveValue* value) {
  if (loss.pairs.rule != "study") return;
  int64_t shared = loss.pairs.positive_shared;
  for (const int64_t anchors : pairs.anchors_per_level) {
    value->figures[absl::StrCat("anchors_shared>", shared--)] = static_cast<double>(anchors);
  }
  value->figures["anchors_dropped"] = static_cast<double>(pairs.dropped_anchors);
}

void Add(const LossRecipe& loss, const torch::Tensor& term, ObjectiveValue* value) {
  if (term.is_cpu()) {
    value->figures[loss.name] = term.item<double>();
  } else {
    value->terms[loss.name] = term.detach();
  }
  value->loss = value->loss + loss.weight * term;
}

torch::Tensor PairIdfOn(const LabelSupport& classes, torch::Device device) {
  const torch::Tensor idf = PairIdf(classes);
  return idf.defined() ? idf.to(device) : idf;
}

// A device is not waited for: there the share is a term, of batches of one size.
void NoteRotations(const torch::Tensor& logits, const torch::Tensor& turns, ObjectiveValue* value) {
  const torch::Tensor right = logits.detach().argmax(1).eq(turns);
  if (right.is_cpu()) {
    value->shares["rotation_accuracy"] = {right.sum().item<double>(),
                                          static_cast<double>(right.numel())};
  } else {
    value->terms["rotation_accuracy"] = right.to(torch::kFloat32).mean();
  }
}

// Of half of the batch.
torch::Tensor PredictRotation(TrainedModuleImpl& module, const Batch& batch, uint64_t seed,
                              ObjectiveValue* value) {
  const torch::Tensor images = batch.uncropped.defined()
                                   ? batch.uncropped
                                   : batch.images.slice(0, 0, (batch.images.size(0) + 1) / 2);
  const torch::Tensor turns = CopyTo(
      torch::randint(0, 4, {images.size(0)}, at::detail::createCPUGenerator(seed), torch::kInt64),
      images.device());
  const torch::Tensor turned = RotateQuarterTurns(images, turns);
  const torch::Tensor logits = module.heads->Rotations(module.Features(turned));
  NoteRotations(logits, turns, value);
  return RotationLoss(logits, turns);
}

}  // namespace

Objective::Objective(const StageRecipe& stage, const LabelSupport& classes,
                     const LabelSupport& attributes, torch::Device device)
    : losses_(stage.losses),
      classes_(classes),
      attributes_(attributes),
      idf_(PairIdfOn(classes, device)) {}

torch::Tensor Objective::ClassLoss(const LossRecipe& loss, const torch::Tensor& logits,
                                   const torch::Tensor& targets, const torch::Tensor& mask,
                                   const LabelSupport& support) const {
  const ClassificationLossRecipe& recipe = loss.classification;
  if (loss.name == "asl") {
    AslOptions options;
    options.gamma_negative = recipe.gamma_neg;
    options.gamma_positive = recipe.gamma_pos;
    options.clip = recipe.clip;
    return AslLoss(logits, targets, mask, options);
  }
  BceOptions options;
  options.smoothing = recipe.smoothing;
  if (recipe.pos_weight)
    options.pos_weight = PosWeight(support.counts, support.images).to(logits.scalar_type());
  if (recipe.class_balanced > 0) {
    options.class_weights =
        EffectiveNumberWeights(support.counts, recipe.class_balanced).to(logits.scalar_type());
  }
  return BceLoss(logits, targets, mask, options);
}

torch::Tensor Objective::Classify(const LossRecipe& loss, const NetworkOutput& output,
                                  const Batch& batch) const {
  const torch::Tensor term = ClassLoss(loss, output.logits, batch.targets, {}, classes_);
  const double weight = loss.classification.attribute_weight;
  if (!output.attribute_logits.defined() || weight <= 0) return term;
  return term + weight * ClassLoss(loss, output.attribute_logits, batch.attribute_targets,
                                   batch.attribute_mask, attributes_);
}

torch::Tensor Objective::Compare(const LossRecipe& loss, const Batch& batch, uint64_t seed,
                                 ObjectiveValue* value) const {
  const torch::Tensor& embedding = value->output.embedding;
  if (loss.name == "supcon" && loss.supcon.relation == "label")
    return MulSupConLoss(embedding, batch.targets, {.temperature = loss.supcon.tau}).loss;
  const PairRelation pairs = RelatePairs(batch.targets, ToPairOptions(loss.pairs, idf_));
  NoteStudyLevels(loss, pairs, value);
  if (loss.name == "triplet") return Triplets(loss, pairs, value);
  if (loss.name == "graded")
    return GradedTripletLoss(embedding, pairs, {.margin = loss.graded.margin}).loss;
  if (loss.name == "angular")
    return Angular(loss.angular, pairs, seed, value->output.embedding_raw);
  TORCH_CHECK(loss.name == "supcon", "unknown loss ", loss.name);
  return SupConLoss(embedding, pairs, ToSupConOptions(loss.supcon)).loss;
}

torch::Tensor Objective::CompareViews(const LossRecipe& loss, TrainedModuleImpl& module,
                                      const Batch& batch, const NetworkOutput& output) const {
  const torch::Tensor first = module.heads->Project(output.feature);
  const torch::Tensor second = module.heads->Project(module.Features(batch.second_view));
  const SelfSupervisedRecipe& recipe = loss.self_supervised;
  if (loss.name == "vicreg") {
    return VicRegLoss(first, second,
                      {.invariance = recipe.invariance,
                       .variance = recipe.variance,
                       .covariance = recipe.covariance})
        .loss;
  }
  return NtXentLoss(first, second, {.temperature = recipe.tau, .decoupled = loss.name == "dcl"});
}

void Objective::AddLabelTerms(const Batch& batch, uint64_t seed, ObjectiveValue* value) const {
  for (const LossRecipe& loss : losses_) {
    if (loss.kind() == LossKind::kSelfSupervised) continue;
    const torch::Tensor term = loss.kind() == LossKind::kClassification
                                   ? Classify(loss, value->output, batch)
                                   : Compare(loss, batch, seed, value);
    Add(loss, term, value);
  }
}

NetworkOutput Forward(TrainedModuleImpl& module, const Batch& batch) {
  if (batch.features.defined()) return module.net->Heads(batch.features);
  return module.net->Heads(module.Features(batch.images));
}

ObjectiveValue Objective::Compute(TrainedModuleImpl& module, const Batch& batch,
                                  uint64_t seed) const {
  ObjectiveValue value;
  value.output = Forward(module, batch);
  AddLabelTerms(batch, seed, &value);
  for (const LossRecipe& loss : losses_) {
    if (loss.kind() != LossKind::kSelfSupervised) continue;
    if (loss.name == "rotation") {
      Add(loss, PredictRotation(module, batch, seed, &value), &value);
    } else if (batch.second_view.defined()) {
      Add(loss, CompareViews(loss, module, batch, value.output), &value);
    }
  }
  return value;
}

Batch Mixup(const Batch& batch, double alpha) {
  const double share = at::_sample_dirichlet(torch::tensor({alpha, alpha}))[0].item<double>();
  const torch::Tensor other =
      CopyTo(torch::randperm(batch.images.size(0), torch::kInt64), batch.images.device());
  const auto blend = [&](const torch::Tensor& values) {
    return share * values + (1 - share) * values.index_select(0, other);
  };
  Batch out = batch;
  out.images = blend(batch.images);
  out.targets = blend(batch.targets);
  out.attribute_targets = blend(batch.attribute_targets);
  out.attribute_mask = batch.attribute_mask * batch.attribute_mask.index_select(0, other);
  return out;
}

}  // namespace lookbook
