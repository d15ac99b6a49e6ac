// What a stage minimises.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/dataset/loader.h"
#include "models/loss/pair_relation.h"
#include "models/nn/embedder_net.h"
#include "models/recipe/recipe.h"
#include "models/train/label_support.h"
#include "models/train/loss_heads.h"
#include "models/train/share.h"

namespace lookbook {

struct ObjectiveValue {
  torch::Tensor loss = torch::zeros({});  // Scalar: the sum of the terms, each times its weight.
  // Each term unweighted under its loss's name, and what else a loss counts: "anchors_dropped" and
  // "anchors_shared>N" (study rule).
  std::map<std::string, double> figures;
  // Of the batch's triplets "triplet_active", "triplet_accuracy" (by the recipe's accuracy_margin)
  // and "triplet_ordered" (by none); "rotation_accuracy", of the pictures that were turned.
  Shares shares;
  // On a GPU the terms and "rotation_accuracy" stand here instead, unread: scalars on the device.
  std::map<std::string, torch::Tensor> terms;
  NetworkOutput output;  // Of batch.images, or of batch.features where the batch has those.
};

// What the network says of a batch's images, or of its features where it has those.
NetworkOutput Forward(TrainedModuleImpl& module, const Batch& batch);

// The terms of one stage. Immutable; draws from no generator but by `seed`.
class Objective {
 public:
  // `classes`, `attributes`: of the training part. `device`: that of the batches.
  Objective(const StageRecipe& stage, const LabelSupport& classes, const LabelSupport& attributes,
            torch::Device device = torch::kCPU);

  // Classification terms are the classes' loss plus attribute_weight times the attributes' over the
  // images whose attributes are known, where the network scores attributes. Terms that compare two
  // views are left out of a batch that has one. `seed` draws pairs where a loss has too many, and
  // quarter turns.
  ObjectiveValue Compute(TrainedModuleImpl& module, const Batch& batch, uint64_t seed) const;

  // The part of it that needs labels and value->output alone, added to `value`.
  void AddLabelTerms(const Batch& batch, uint64_t seed, ObjectiveValue* value) const;

 private:
  torch::Tensor Classify(const LossRecipe& loss, const NetworkOutput& output,
                         const Batch& batch) const;
  torch::Tensor ClassLoss(const LossRecipe& loss, const torch::Tensor& logits,
                          const torch::Tensor& targets, const torch::Tensor& mask,
                          const LabelSupport& support) const;
  // A metric loss of the batch that `value` holds the output of.
  torch::Tensor Compare(const LossRecipe& loss, const Batch& batch, uint64_t seed,
                        ObjectiveValue* value) const;
  torch::Tensor CompareViews(const LossRecipe& loss, TrainedModuleImpl& module, const Batch& batch,
                             const NetworkOutput& output) const;

  const std::vector<LossRecipe> losses_;
  const LabelSupport classes_;
  const LabelSupport attributes_;
  const torch::Tensor idf_;
};

// Images and targets of random pairs blended, x <- l x_i + (1 - l) x_j with l drawn from
// Beta(alpha, alpha) once a batch (Zhang et al. 2018, arXiv 1710.09412). Attributes count where
// both images' are known. Draws from torch's global generator. REQUIRES: alpha > 0.
Batch Mixup(const Batch& batch, double alpha);

}  // namespace lookbook
