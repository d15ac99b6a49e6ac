// One term of a stage's objective, as a recipe states it. docs/training.md explains the keys and
// models/loss the formulas.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "models/recipe/table_reader.h"

namespace lookbook {

// What a term needs, and what it is for.
enum class LossKind {
  kClassification,  // Logits and labels.
  kMetric,          // Embeddings and which of them share labels.
  kSelfSupervised,  // Images alone.
};

// "bce", and "asl" with its own three.
struct ClassificationLossRecipe {
  double smoothing = 0;         // y <- y(1 - e) + e/2, in [0, 1).
  double attribute_weight = 1;  // Of the attributes' share, where the data has attributes. 0 in all
                                // stages: the model does not score them.
  bool pos_weight = false;      // sqrt((N - n) / n), clamped to [1, 10].
  double class_balanced = 0;    // Beta of Cui et al. 2019; 0 = off.
  double gamma_neg = 4;
  double gamma_pos = 1;
  double clip = 0.05;
};

// Which pairs of a batch belong together, by their labels.
struct PairsRecipe {
  std::string rule = "adaptive";  // adaptive | strict | study
  int positive_shared = 3;        // A positive shares more labels than this …
  double positive_jaccard = 0.6;  // … or (adaptive) is at least this similar.

  friend bool operator==(const PairsRecipe&, const PairsRecipe&) = default;
};

struct TripletRecipe {
  std::string miner = "batch_all";     // batch_all | semi_hard | batch_hard | easy_positive
  double margin = 0.2;                 // 0 to 10; 0 collapses, which the guard shows.
  bool soft = false;                   // softplus in place of the hinge.
  std::string distance = "euclidean";  // euclidean | cosine
  bool normalize = true;               // Of unit rows.
  // triplet_accuracy counts d(a,p) < d(a,n) + this; no part of the loss.
  double accuracy_margin = 0;
};

struct GradedRecipe {
  double margin = 0.5;
};

struct AngularRecipe {
  double degrees = 45;             // 0 to 90, both excluded.
  std::string negatives = "both";  // both | anchor
  int max_pairs = 512;
  double npair = 0;  // Weight of the N-pair term beside it; 0 = off.
};

struct SupConRecipe {
  std::string relation = "jaccard";  // any | exact | strict | shared | jaccard | label (MulSupCon)
  double beta = 2;                   // Exponent of the Jaccard index.
  double tau = 0.1;
};

// "ntxent", "dcl": temperature. "vicreg": its three weights. All have a projector of their own.
struct SelfSupervisedRecipe {
  double tau = 0.2;
  int hidden = 512;  // Of the projector: Linear, BatchNorm, ReLU, Linear.
  int dim = 128;
  double invariance = 25;
  double variance = 25;
  double covariance = 1;
};

struct LossRecipe {
  std::string name = "bce";  // bce | asl | triplet | graded | angular | supcon | ntxent | dcl |
                             // vicreg | rotation
  double weight = 1;
  ClassificationLossRecipe classification;
  PairsRecipe pairs;
  TripletRecipe triplet;
  GradedRecipe graded;
  AngularRecipe angular;
  SupConRecipe supcon;
  SelfSupervisedRecipe self_supervised;

  LossKind kind() const;
};

// Whether the loss takes its pairs from such a rule: triplet, angular, and SupCon of the strict
// relation. The others weigh pairs by how much labels overlap.
bool HasPairRule(const LossRecipe& loss);

// Whether the loss compares two views of each image, through a projector: ntxent, dcl, vicreg.
bool ComparesViews(const LossRecipe& loss);

// A term with its defaults; false where the name is not known.
bool LossOfName(absl::string_view name, LossRecipe* out);
// "asl, bce, …" for messages.
std::string KnownLosses();

// Reads a table { name = …, … }: only the keys of the named loss are known.
void ReadLoss(TableReader& in, LossRecipe* out);

}  // namespace lookbook
