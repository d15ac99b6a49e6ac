#include "models/train/collapse_guard.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

constexpr int64_t kJudgedImages = 100;
constexpr int64_t kJudgedPairs = 100;
constexpr double kLandmarkSteps = 200;
constexpr double kLeastRank = 2, kOneRank = 1.1;  // Of the rows as they are, not centred.
constexpr double kNearlyNone = 1e-9;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // Beyond no bound.
constexpr double kChanceFactor = 1.25;  // mAP below so many times chance tells nothing apart.

// One figure with its two bounds; what lies beyond is amber or red.
struct Bound {
  std::string name;
  double value;
  double amber;
  double red;
  bool low;  // Small values are the bad ones.
  const char* meaning;
  int digits = 3;
};

Health HealthOf(const Bound& bound) {
  const auto beyond = [&](double limit) {
    return bound.low ? bound.value < limit : bound.value > limit;
  };
  if (beyond(bound.red)) return Health::kRed;
  return beyond(bound.amber) ? Health::kAmber : Health::kGreen;
}

// Ten neighbours of n images: the mean share is 10 / n, which in a small sample is above any fixed
// bound.
double HubBound(double bound, int factor, int64_t images) {
  return std::max(bound, 10.0 * factor / static_cast<double>(std::max<int64_t>(images, 1)));
}

// Of a layer behind a BatchNorm; rows of a pooled feature have a larger common part.
std::vector<Bound> SpreadBounds(const ValidationResult& v, bool pooled) {
  const char *one_way = "the embeddings point one way", *few = "the embeddings fill few dimensions";
  return {
      {"std*sqrt(D)", v.std_sqrt_d, pooled ? 0.1 : 0.3, 0.05, true,
       "the embeddings are close to one point"},
      {"mean cosine", v.mean_cosine, pooled ? 0.98 : 0.8, pooled ? 0.998 : 0.98, false, one_way},
      {"length of the mean", v.mean_norm, pooled ? 0.99 : 0.8, pooled ? 0.999 : 0.98, false,
       one_way},
      {"uniformity", v.uniformity, pooled ? -0.2 : -0.8, pooled ? -0.01 : -0.05, false,
       "the embeddings fill no room"},
      {"top singular share", v.top1_singular_share, pooled ? 0.98 : 0.8, pooled ? 0.998 : 0.98,
       false, few},
      {"effective rank", v.effective_rank, kLeastRank, kOneRank, true, few},
      {"length of the pooled feature", v.feature_norm, -1, kNearlyNone, true,
       "the network says nothing"},
      {"dead BatchNorm channels", v.dead_norm_share, 0.5, 0.95, false, "the network says nothing"}};
}

std::vector<Bound> NeighborBounds(const ValidationResult& v) {
  const bool few = v.ranked_images < kJudgedImages;  // Ten neighbours are a part of them.
  return {{"hub share", v.hub_share, HubBound(0.03, 3, v.ranked_images),
           HubBound(0.05, 5, v.ranked_images), false, "one picture is everybody's neighbour"},
          {"hub skewness", few ? kNone : v.hub_skew, 2, kInfinity, false,
           "few pictures are everybody's neighbours"},
          {"distinct items", few ? kNone : v.distinct_share, 0.3, 0.05, true,
           "few pictures are everybody's neighbours"}};
}

std::vector<Bound> EmbeddingBounds(const ValidationResult& v, bool pooled) {
  std::vector<Bound> out = SpreadBounds(v, pooled);
  for (Bound& bound : NeighborBounds(v)) out.push_back(std::move(bound));
  return out;
}

// What a young or idle classifier shows is a collapse only where its scores tell nothing either.
bool TellsNothing(const ValidationResult& v) { return v.map < kChanceFactor * v.prevalence; }

// Of few pairs the ratio says little.
Bound AlignmentBound(const ValidationResult& v, const HealthContext& context) {
  const bool judged = context.learns_labels && v.alignment_pairs >= kJudgedPairs;
  return {"alignment, of all pairs",
          judged ? v.alignment_ratio : kNone,
          0.95,
          TellsNothing(v) ? 0.999 : kInfinity,
          false,
          "what shares labels is no closer than anything else"};
}

double FigureOf(const HealthContext& context, const std::string& name, double otherwise) {
  const auto it = context.figures.find(name);
  return it == context.figures.end() ? otherwise : it->second;
}

// A loss that says for long what a constant map's would.
std::vector<Bound> LandmarkBounds(const HealthContext& context) {
  std::vector<Bound> out;
  for (const auto& [loss, steps] : context.landmark_steps) {
    out.push_back({absl::StrCat("steps on a constant map's ", loss, " loss"),
                   static_cast<double>(steps), kInfinity, kLandmarkSteps - 1, false,
                   "the loss does not move", 0});
  }
  return out;
}

// Where no triplet violates its margin there is no gradient: the task is learned, or with margin 0
// everything is one point, which their order tells apart. All of them, with the margin as loss, is
// the other way for everything to be one point.
std::vector<Bound> TripletBounds(const HealthContext& context) {
  const double active = FigureOf(context, "triplet_active", kNone);
  const auto landmark = context.landmarks.find("triplet");
  const bool flat = landmark != context.landmarks.end() &&
                    OnLandmark(FigureOf(context, "triplet", kInfinity), landmark->second);
  const bool learned = FigureOf(context, "triplet_ordered", 0) >= 0.5;
  return {{"active triplets", active, 0.02, learned ? -1 : kNearlyNone, true,
           "there is next to nothing left to learn from"},
          {"active triplets", active, kInfinity, flat ? 1 - kNearlyNone : kInfinity, false,
           "every distance is the same"}};
}

std::vector<Bound> Bounds(const ValidationResult& v, const HealthContext& context) {
  std::vector<Bound> out;
  if (context.judge_embedding) {
    out = EmbeddingBounds(v, context.pooled);
    out.push_back(AlignmentBound(v, context));
  }
  out.push_back({"gradient's norm", context.gradient_norm, -1, kNearlyNone, true,
                 "nothing is left to learn from", 12});
  for (const std::vector<Bound>& more : {LandmarkBounds(context), TripletBounds(context)}) {
    out.insert(out.end(), more.begin(), more.end());
  }
  if (context.judge_labels && v.images >= kJudgedImages) {
    const double red = TellsNothing(v) ? 0.6 : 1;
    out.push_back({"share of one label set", v.top_label_set_share, 0.2, red, false,
                   "many images get the same labels"});
  }
  return out;
}

}  // namespace

const char* HealthName(Health health) {
  switch (health) {
    case Health::kGreen:
      return "green";
    case Health::kAmber:
      return "amber";
    case Health::kRed:
      return "red";
  }
  return "?";
}

Health HealthNamed(absl::string_view name) {
  for (const Health health : {Health::kRed, Health::kAmber}) {
    if (name == HealthName(health)) return health;
  }
  return Health::kGreen;
}

bool MovesEmbedding(const StageRecipe& stage, int embedding_dim) {
  return stage.freeze != "backbone" || (embedding_dim > 0 && stage.Has(LossKind::kMetric));
}

std::string WorseHealth(const std::string& a, const std::string& b) {
  return HealthNamed(a) < HealthNamed(b) ? b : a;
}

Health JudgeFoundEmbedding(const ValidationResult& validation, bool pooled) {
  Health worst = Health::kGreen;
  for (const Bound& bound : EmbeddingBounds(validation, pooled))
    worst = std::max(worst, HealthOf(bound));
  return worst;
}

HealthReport JudgeHealth(const ValidationResult& validation, const HealthContext& context) {
  HealthReport report;
  for (const Health wanted : {Health::kRed, Health::kAmber}) {
    for (const Bound& bound : Bounds(validation, context)) {
      if (HealthOf(bound) != wanted) continue;
      report.health = std::max(report.health, wanted);
      // What is amber beside something red says so.
      const char* colour = report.health > wanted ? " (amber)" : "";
      report.reasons.push_back(absl::StrFormat(
          "%s %.*f %s %.*f%s: %s", bound.name, bound.digits, bound.value, bound.low ? "<" : ">",
          bound.digits, wanted == Health::kRed ? bound.red : bound.amber, colour, bound.meaning));
    }
  }
  return report;
}

GuardAction NoteHealth(const GuardRecipe& recipe, Health health, bool ends_stage,
                       GuardState* state) {
  if (recipe.action == "off") return GuardAction::kGoOn;
  const bool counts = ++state->judged > recipe.warmup || ends_stage;
  if (health == Health::kRed && !counts) return GuardAction::kGoOn;
  if (health == Health::kAmber) {
    state->red_in_a_row = 0;
    return GuardAction::kGoOn;
  }
  if (health == Health::kGreen) {
    state->red_in_a_row = 0;
    state->has_green = true;
    return GuardAction::kKeepGreen;
  }
  ++state->red_in_a_row;
  if (recipe.action == "report") return GuardAction::kGoOn;
  if (state->red_in_a_row < recipe.patience && !ends_stage) return GuardAction::kGoOn;
  if (!state->has_green || state->restores >= recipe.max_restores) return GuardAction::kGiveUp;
  ++state->restores;
  ++state->easier;
  state->rate_scale *= recipe.rate_factor;
  state->red_in_a_row = 0;
  return GuardAction::kRestore;
}

std::string EasierMiner(const std::string& miner, int steps) {
  if (steps <= 0) return miner;
  if (miner == "batch_hard") return EasierMiner("semi_hard", steps - 1);
  return miner == "easy_positive" ? miner : "batch_all";
}

}  // namespace lookbook
