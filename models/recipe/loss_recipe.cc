#include "models/recipe/loss_recipe.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lookbook {
namespace {

void ReadAttributeWeight(TableReader& in, LossRecipe* out) {
  in.Number("attribute_weight", 0, 1000, &out->classification.attribute_weight);
}

void ReadBce(TableReader& in, LossRecipe* out) {
  ReadAttributeWeight(in, out);
  in.Number("smoothing", 0, 0.99, &out->classification.smoothing);
  in.Flag("pos_weight", &out->classification.pos_weight);
  in.Number("class_balanced", 0, 0.999999, &out->classification.class_balanced);
}

// Between 0 and 1 the slope of the focal weight is infinite where the weight is 0.
void ReadGamma(TableReader& in, absl::string_view key, double* gamma) {
  in.Number(key, 0, 20, gamma);
  if (in.ok() && *gamma > 0 && *gamma < 1)
    in.Fail(key, absl::StrCat(*gamma, " is neither 0 nor within 1 to 20"));
}

void ReadAsl(TableReader& in, LossRecipe* out) {
  ReadAttributeWeight(in, out);
  ReadGamma(in, "gamma_neg", &out->classification.gamma_neg);
  ReadGamma(in, "gamma_pos", &out->classification.gamma_pos);
  in.Number("clip", 0, 0.9, &out->classification.clip);
}

void ReadPairs(TableReader& in, LossRecipe* out) {
  in.Choice("pairs", {"adaptive", "strict", "study"}, {}, &out->pairs.rule);
  in.Integer("positive_shared", 0, 100, &out->pairs.positive_shared);
  in.OnlyWhere(out->pairs.rule == "adaptive", {"positive_jaccard"},
               "only pairs = \"adaptive\" looks at it");
  in.Number("positive_jaccard", 0.01, 1, &out->pairs.positive_jaccard);
}

void ReadTriplet(TableReader& in, LossRecipe* out) {
  ReadPairs(in, out);
  TripletRecipe& triplet = out->triplet;
  in.Choice("miner", {"batch_all", "semi_hard", "batch_hard", "easy_positive"}, {}, &triplet.miner);
  in.Flag("soft", &triplet.soft);
  in.OnlyWhere(!triplet.soft || triplet.miner == "semi_hard", {"margin"},
               "soft = true has none, and only miner = \"semi_hard\" picks triplets by it");
  in.Number("margin", 0, 10, &triplet.margin);
  in.Choice("distance", {"euclidean", "cosine"}, {}, &triplet.distance);
  in.Flag("normalize", &triplet.normalize);
  in.Number("accuracy_margin", 0, 10, &triplet.accuracy_margin);
}

void ReadGraded(TableReader& in, LossRecipe* out) {
  in.Number("margin", 0, 10, &out->graded.margin);
}

void ReadAngular(TableReader& in, LossRecipe* out) {
  ReadPairs(in, out);
  in.Number("degrees", 1, 89, &out->angular.degrees);
  in.Choice("negatives", {"both", "anchor"}, {}, &out->angular.negatives);
  in.Integer("max_pairs", 1, 1'000'000, &out->angular.max_pairs);
  in.Number("npair", 0, 1000, &out->angular.npair);
}

void ReadSupCon(TableReader& in, LossRecipe* out) {
  out->pairs.rule = "strict";
  const std::string& relation = out->supcon.relation;
  in.Choice("relation", {"any", "exact", "strict", "shared", "jaccard", "label"}, {},
            &out->supcon.relation);
  in.OnlyWhere(relation == "strict", {"positive_shared"}, "only relation = \"strict\" looks at it");
  in.OnlyWhere(relation == "jaccard", {"beta"}, "it is the exponent of relation = \"jaccard\"");
  in.Integer("positive_shared", 0, 100, &out->pairs.positive_shared);
  in.Number("beta", 0.01, 100, &out->supcon.beta);
  in.Number("tau", 0.001, 100, &out->supcon.tau);
}

void ReadProjector(TableReader& in, LossRecipe* out) {
  in.Integer("hidden", 1, 16384, &out->self_supervised.hidden);
  in.Integer("dim", 1, 16384, &out->self_supervised.dim);
}

void ReadContrastive(TableReader& in, LossRecipe* out) {
  ReadProjector(in, out);
  in.Number("tau", 0.001, 100, &out->self_supervised.tau);
}

void ReadVicReg(TableReader& in, LossRecipe* out) {
  ReadProjector(in, out);
  in.Number("invariance", 0, 1000, &out->self_supervised.invariance);
  in.Number("variance", 0, 1000, &out->self_supervised.variance);
  in.Number("covariance", 0, 1000, &out->self_supervised.covariance);
}

void ReadNothing(TableReader&, LossRecipe*) {}

struct KnownLoss {
  const char* name;
  LossKind kind;
  void (*read)(TableReader&, LossRecipe*);
};

constexpr KnownLoss kLosses[] = {
    {"bce", LossKind::kClassification, ReadBce},
    {"asl", LossKind::kClassification, ReadAsl},
    {"triplet", LossKind::kMetric, ReadTriplet},
    {"graded", LossKind::kMetric, ReadGraded},
    {"angular", LossKind::kMetric, ReadAngular},
    {"supcon", LossKind::kMetric, ReadSupCon},
    {"ntxent", LossKind::kSelfSupervised, ReadContrastive},
    {"dcl", LossKind::kSelfSupervised, ReadContrastive},
    {"vicreg", LossKind::kSelfSupervised, ReadVicReg},
    {"rotation", LossKind::kSelfSupervised, ReadNothing},
};

const KnownLoss* FindLoss(absl::string_view name) {
  for (const KnownLoss& loss : kLosses) {
    if (name == loss.name) return &loss;
  }
  return nullptr;
}

}  // namespace

LossKind LossRecipe::kind() const {
  const KnownLoss* loss = FindLoss(name);
  return loss != nullptr ? loss->kind : LossKind::kClassification;
}

bool HasPairRule(const LossRecipe& loss) {
  return loss.name == "triplet" || loss.name == "angular" ||
         (loss.name == "supcon" && loss.supcon.relation == "strict");
}

bool ComparesViews(const LossRecipe& loss) {
  return loss.kind() == LossKind::kSelfSupervised && loss.name != "rotation";
}

bool LossOfName(absl::string_view name, LossRecipe* out) {
  if (FindLoss(name) == nullptr) return false;
  *out = LossRecipe{};
  out->name = std::string(name);
  return true;
}

std::string KnownLosses() {
  return absl::StrJoin(kLosses, ", ",
                       [](std::string* out, const KnownLoss& loss) { out->append(loss.name); });
}

void ReadLoss(TableReader& in, LossRecipe* out) {
  if (!in.Has("name")) return in.Fail("", "a loss needs a name");
  in.Text("name", &out->name);
  const KnownLoss* loss = FindLoss(out->name);
  if (!in.ok()) return;
  if (loss == nullptr) {
    return in.Fail("name", absl::StrCat("\"", out->name, "\" is not one of: ", KnownLosses()));
  }
  in.Number("weight", 0, 1000, &out->weight);
  loss->read(in, out);
}

}  // namespace lookbook
