#include "models/recipe/effective_recipe.h"

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

// Appends "prefix.key = value" lines.
class Lines {
 public:
  Lines(std::string prefix, std::string* out) : prefix_(std::move(prefix)), out_(out) {}
  template <typename T>
  Lines& Add(const char* key, const T& value) {
    absl::StrAppend(out_, prefix_, key, " = ", value, "\n");
    return *this;
  }

 private:
  const std::string prefix_;
  std::string* out_;
};

void AddData(const DataRecipe& data, std::string* out) {
  Lines("data.", out)
      .Add("csv", data.csv)
      .Add("holdout_csv", data.holdout_csv)
      .Add("split", data.split)
      .Add("group_near_duplicates", data.group_near_duplicates)
      .Add("image_size", data.image_size)
      .Add("resize", data.resize);
  Lines("data.augment.", out)
      .Add("flip", data.augment.flip)
      .Add("crop_scale_min", data.augment.crop_scale_min)
      .Add("crop_scale_max", data.augment.crop_scale_max)
      .Add("color", data.augment.color)
      .Add("erase", data.augment.erase)
      .Add("rotate_degrees", data.augment.rotate_degrees)
      .Add("hue", data.augment.hue)
      .Add("grayscale", data.augment.grayscale)
      .Add("backend", data.augment.backend);
}

void AddNetwork(const NetworkRecipe& network, std::string* out) {
  Lines("network.", out)
      .Add("backbone", network.backbone)
      .Add("width", network.width)
      .Add("init", network.init)
      .Add("head", network.head)
      .Add("embedding_dim", network.embedding_dim);
}

void AddClassification(const LossRecipe& loss, Lines lines) {
  const ClassificationLossRecipe& c = loss.classification;
  lines.Add("attribute_weight", c.attribute_weight);
  if (loss.name == "asl") {
    lines.Add("gamma_neg", c.gamma_neg).Add("gamma_pos", c.gamma_pos).Add("clip", c.clip);
    return;
  }
  lines.Add("smoothing", c.smoothing)
      .Add("pos_weight", c.pos_weight)
      .Add("class_balanced", c.class_balanced);
}

void AddMetric(const LossRecipe& loss, Lines lines) {
  if (loss.name == "graded") {
    lines.Add("margin", loss.graded.margin);
    return;
  }
  lines.Add("pairs", loss.pairs.rule)
      .Add("positive_shared", loss.pairs.positive_shared)
      .Add("positive_jaccard", loss.pairs.positive_jaccard);
  if (loss.name == "triplet") {
    const TripletRecipe& t = loss.triplet;
    lines.Add("miner", t.miner).Add("margin", t.margin).Add("soft", t.soft);
    lines.Add("distance", t.distance).Add("normalize", t.normalize);
  } else if (loss.name == "angular") {
    const AngularRecipe& a = loss.angular;
    lines.Add("degrees", a.degrees).Add("negatives", a.negatives);
    lines.Add("max_pairs", a.max_pairs).Add("npair", a.npair);
  } else {
    lines.Add("relation", loss.supcon.relation).Add("beta", loss.supcon.beta);
    lines.Add("tau", loss.supcon.tau);
  }
}

void AddSelfSupervised(const LossRecipe& loss, Lines lines) {
  if (loss.name == "rotation") return;
  const SelfSupervisedRecipe& s = loss.self_supervised;
  lines.Add("hidden", s.hidden).Add("dim", s.dim);
  if (loss.name == "vicreg") {
    lines.Add("invariance", s.invariance)
        .Add("variance", s.variance)
        .Add("covariance", s.covariance);
  } else {
    lines.Add("tau", s.tau);
  }
}

void AddLoss(const LossRecipe& loss, const std::string& prefix, std::string* out) {
  Lines lines(prefix, out);
  lines.Add("name", loss.name).Add("weight", loss.weight);
  switch (loss.kind()) {
    case LossKind::kClassification:
      return AddClassification(loss, lines);
    case LossKind::kMetric:
      return AddMetric(loss, lines);
    case LossKind::kSelfSupervised:
      return AddSelfSupervised(loss, lines);
  }
}

void AddOptimizer(const StageRecipe& stage, const std::string& prefix, std::string* out) {
  const OptimizerRecipe& o = stage.optimizer;
  Lines lines(prefix + "optimizer.", out);
  lines.Add("name", o.name).Add("lr", o.lr).Add("weight_decay", o.weight_decay);
  if (o.name == "sgd") lines.Add("momentum", o.momentum);
  lines.Add("backbone_lr_factor", o.backbone_lr_factor).Add("layer_decay", o.layer_decay);
  Lines(prefix + "schedule.", out)
      .Add("name", stage.schedule.name)
      .Add("warmup", stage.schedule.warmup);
}

void AddStage(const StageRecipe& stage, const std::string& prefix, std::string* out) {
  Lines(prefix, out)
      .Add("epochs", stage.epochs)
      .Add("steps", stage.steps)
      .Add("batch_size", stage.batch_size)
      .Add("ema", stage.ema)
      .Add("clip_norm", stage.clip_norm)
      .Add("freeze", stage.freeze)
      .Add("cache_features", stage.cache_features)
      .Add("mixup", stage.mixup)
      .Add("keep", stage.keep)
      .Add("sampler", stage.sampler.name)
      .Add("sampler.partners", stage.sampler.name == "pairs" ? stage.sampler.partners : 0)
      .Add("early_stop", stage.early_stop.metric)
      .Add("early_stop.patience", stage.early_stop.metric.empty() ? 0 : stage.early_stop.patience)
      .Add("guard.action", stage.guard.action)
      .Add("guard.patience", stage.guard.patience)
      .Add("guard.warmup", stage.guard.warmup)
      .Add("guard.max_restores", stage.guard.max_restores)
      .Add("guard.rate_factor", stage.guard.rate_factor);
  AddOptimizer(stage, prefix, out);
  for (size_t i = 0; i < stage.losses.size(); ++i)
    AddLoss(stage.losses[i], absl::StrCat(prefix, "loss[", i, "]."), out);
}

}  // namespace

std::string EffectiveRecipe(const Recipe& recipe) {
  std::string out;
  Lines("", &out).Add("seed", recipe.seed).Add("threads", recipe.threads);
  Lines("", &out).Add("device", recipe.device).Add("precision", recipe.precision);
  AddData(recipe.data, &out);
  AddNetwork(recipe.network, &out);
  for (size_t i = 0; i < recipe.stages.size(); ++i)
    AddStage(recipe.stages[i], absl::StrCat("stage[", i, "]."), &out);
  Lines("index.", &out).Add("spec", recipe.index_spec);
  return out;
}

}  // namespace lookbook
