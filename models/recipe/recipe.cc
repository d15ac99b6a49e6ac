#include "models/recipe/recipe.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/index/index_spec.h"
#include "models/recipe/recipe_checks.h"
#include "models/recipe/table_reader.h"

namespace lookbook {
namespace {

// Names become folder names.
bool IsName(absl::string_view text) {
  if (text.empty() || text.size() > 100 || text[0] == '.') return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '-' && c != '.') return false;
  }
  return true;
}

// "all", "random 80/20", "stratified 80/10/10".
bool IsSplit(absl::string_view text) {
  if (text == "all") return true;
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
  if (words.size() != 2 || (words[0] != "random" && words[0] != "stratified")) return false;
  const std::vector<absl::string_view> shares = absl::StrSplit(words[1], '/');
  if (shares.size() < 2 || shares.size() > 3) return false;
  int sum = 0;
  for (const absl::string_view share : shares) {
    int percent = 0;
    if (!absl::SimpleAtoi(share, &percent) || percent < 0 || percent > 100) return false;
    sum += percent;
  }
  return sum == 100;
}

void ReadAugment(TableReader& in, AugmentRecipe* out) {
  in.Number("flip", 0, 1, &out->flip);
  in.Range("crop_scale", 0.05, 1, &out->crop_scale_min, &out->crop_scale_max);
  in.Number("color", 0, 0.99, &out->color);
  in.Number("erase", 0, 1, &out->erase);
  in.Number("rotate_degrees", 0, 180, &out->rotate_degrees);
  in.Number("hue", 0, 0.5, &out->hue);
  in.Number("grayscale", 0, 1, &out->grayscale);
  in.Choice("backend", {"image", "batch"}, {}, &out->backend);
}

void ReadData(TableReader& in, DataRecipe* out) {
  in.Text("root", &out->root);
  in.Text("csv", &out->csv);
  in.Text("holdout_csv", &out->holdout_csv);
  in.Text("split", &out->split);
  in.Flag("group_near_duplicates", &out->group_near_duplicates);
  in.Integer("image_size", 16, 512, &out->image_size);
  in.Choice("resize", {"squish", "pad", "crop"}, {}, &out->resize);
  in.Choice("cache", {"ram", "disk"}, {}, &out->cache);
  in.OnlyWhere(out->cache == "disk", {"cache_dir"}, "only cache = \"disk\" keeps files");
  in.Text("cache_dir", &out->cache_dir);
  in.Integer("workers", 1, 64, &out->workers);
  in.Table("augment", [out](TableReader& part) { ReadAugment(part, &out->augment); });
  if (in.ok() && out->csv.empty()) in.Fail("csv", "must not be empty");
  if (in.ok() && !IsSplit(out->split)) {
    in.Fail("split",
            absl::StrCat("\"", out->split,
                         "\" is neither \"all\" nor \"random A/B\" nor \"stratified A/B/C\" "
                         "with percentages that add up to 100"));
  }
}

// "pooled", or { dim = N }.
void ReadEmbedding(TableReader& in, NetworkRecipe* out) {
  if (!in.IsTable("embedding")) {
    std::string pooled = "pooled";
    return in.Choice("embedding", {pooled}, {}, &pooled);
  }
  in.Table("embedding", [out](TableReader& part) {
    part.Integer("dim", 2, 4096, &out->embedding_dim);
    if (part.ok() && !part.Has("dim")) part.Fail("", "needs dim");
  });
}

void ReadNetwork(TableReader& in, NetworkRecipe* out) {
  in.Choice("backbone", {"small_cnn", "mobilenet_v2", "resnet18", "resnet50"}, {}, &out->backbone);
  in.Number("width", 0.1, 4, &out->width);
  if (in.ok() && out->width != 1 && out->backbone != "mobilenet_v2") {
    in.Fail("width", absl::StrCat(out->width, ": only mobilenet_v2 has another width than 1, not ",
                                  out->backbone));
  }
  in.Text("init", &out->init);
  if (in.ok() && (out->init.empty() || out->init == kBundleInit)) {
    in.Fail("init", absl::StrCat("\"", out->init,
                                 "\" is neither \"he\" nor \"bundle:\" with a folder "
                                 "nor a weights file"));
  }
  in.Choice("head", {"linear", "mlp", "stacked"}, {}, &out->head);
  ReadEmbedding(in, out);
  in.Later({"dropout", "freeze"});
}

void ReadOptimizer(TableReader& in, OptimizerRecipe* out) {
  in.Choice("name", {"adamw", "adam", "sgd"}, {}, &out->name);
  in.Number("lr", 1e-8, 10, &out->lr);
  in.Number("weight_decay", 0, 1, &out->weight_decay);
  if (out->name == "sgd") in.Number("momentum", 0, 0.9999, &out->momentum);
  in.Number("backbone_lr_factor", 0, 100, &out->backbone_lr_factor);
  in.Number("layer_decay", 0.001, 1, &out->layer_decay);
}

void ReadSchedule(TableReader& in, ScheduleRecipe* out) {
  in.Choice("name", {"warmup_cosine", "constant"}, {}, &out->name);
  in.Number("warmup", 0, 1, &out->warmup);
}

void ReadLosses(TableReader& in, StageRecipe* out) {
  if (in.Has("loss")) out->losses.clear();
  in.Array(
      "loss", [out](TableReader& part) { ReadLoss(part, &out->losses.emplace_back()); },
      [out, &in](const std::string& name) {
        if (!LossOfName(name, &out->losses.emplace_back())) {
          in.Fail("loss", absl::StrCat("\"", name, "\" is not one of: ", KnownLosses()));
        }
        return true;
      });
  if (in.ok() && out->losses.empty()) in.Fail("loss", "a stage needs at least one loss");
}

void ReadSampler(TableReader& in, SamplerRecipe* out) {
  in.Choice("name", {"random", "pairs"}, {}, &out->name);
  if (out->name == "pairs") in.Integer("partners", 1, 15, &out->partners);
}

void ReadEarlyStop(TableReader& in, EarlyStopRecipe* out) {
  out->metric = "map";
  in.Choice("metric", {"map", "ndcg_at_10"}, {}, &out->metric);
  in.Integer("patience", 1, 1000, &out->patience);
}

void ReadGuard(TableReader& in, GuardRecipe* out) {
  in.Choice("action", {"restore", "report", "off"}, {}, &out->action);
  in.OnlyWhere(out->action == "restore", {"patience", "warmup", "max_restores", "rate_factor"},
               "only action = \"restore\" acts");
  in.Integer("patience", 1, 100, &out->patience);
  in.Integer("warmup", 0, 1000, &out->warmup);
  in.Integer("max_restores", 0, 100, &out->max_restores);
  in.Number("rate_factor", 0.001, 1, &out->rate_factor);
}

void ReadStage(TableReader& in, StageRecipe* out) {
  in.Text("name", &out->name);
  in.Integer("epochs", 1, 1'000'000, &out->epochs);
  in.Integer("steps", int64_t{1}, int64_t{1'000'000'000}, &out->steps);
  ReadLosses(in, out);
  in.Table("optimizer", [out](TableReader& part) { ReadOptimizer(part, &out->optimizer); });
  in.Table("schedule", [out](TableReader& part) { ReadSchedule(part, &out->schedule); });
  in.Integer("batch_size", 2, 65536, &out->batch_size);
  in.Number("ema", 0, 0.999999, &out->ema);
  in.Number("clip_norm", 0, 1e6, &out->clip_norm);
  in.Choice("freeze", {"backbone", "norms"}, {}, &out->freeze);
  in.Flag("cache_features", &out->cache_features);
  in.Number("mixup", 0, 10, &out->mixup);
  in.Flag("keep_bce", &out->keep_bce);
  if (out->Has(LossKind::kMetric)) out->keep = "ndcg_at_10";
  if (out->Has(LossKind::kSelfSupervised)) out->keep = "last";
  in.Choice("keep", {"map", "ndcg_at_10", "last"}, {}, &out->keep);
  in.Table("sampler", [out](TableReader& part) { ReadSampler(part, &out->sampler); });
  in.Table("early_stop", [out](TableReader& part) { ReadEarlyStop(part, &out->early_stop); });
  in.Table("guard", [out](TableReader& part) { ReadGuard(part, &out->guard); });
  if (in.ok()) CheckLosses(in, *out);
  if (in.ok()) CheckCachedFeatures(in, *out);
  if (out->Has(LossKind::kMetric) && out->keep_bce && !out->Has(LossKind::kClassification))
    out->losses.insert(out->losses.begin(), LossRecipe{});
  if (in.ok() && !IsName(out->name)) {
    in.Fail("name",
            absl::StrCat("\"", out->name, "\": a stage needs a name of letters, digits, - _ ."));
  }
  if (in.ok() && (out->epochs > 0) == (out->steps > 0))
    in.Fail("", "a stage needs either epochs or steps");
}

void ReadStages(TableReader& in, std::vector<StageRecipe>* out) {
  in.Array(
      "stage",
      [out](TableReader& part) {
        StageRecipe stage;
        ReadStage(part, &stage);
        for (const StageRecipe& other : *out) {
          if (other.name == stage.name)
            part.Fail("name", absl::StrCat("\"", stage.name, "\" names two stages"));
        }
        out->push_back(std::move(stage));
      },
      [](const std::string&) { return false; });
  if (in.ok() && out->empty()) in.Fail("stage", "a recipe needs at least one [[stage]]");
}

void ReadKeepCheckpoints(TableReader& in, Recipe* out) {
  std::string keep = "last";
  in.Choice("keep_checkpoints", {"last", "every_epoch"}, {}, &keep);
  out->keep_every_epoch = keep == "every_epoch";
}

void ReadCompute(TableReader& in, Recipe* out) {
  in.Choice("device", {"cpu", "cuda"}, {}, &out->device);
  in.Choice("precision", {"fp32", "tf32", "bf16"}, {}, &out->precision);
  if (in.ok() && out->precision == "tf32" && out->device != "cuda")
    in.Fail("precision", "\"tf32\" is a mode of a GPU: it needs device = \"cuda\"");
  if (out->device == "cuda") out->data.augment.backend = "batch";
}

void ReadRecipe(TableReader& in, absl::string_view init, Recipe* out) {
  in.Text("name", &out->name);
  in.Integer("seed", int64_t{0}, std::numeric_limits<int64_t>::max(), &out->seed);
  in.Integer("threads", 0, 1024, &out->threads);
  ReadCompute(in, out);
  ReadKeepCheckpoints(in, out);
  in.Table("data", [out](TableReader& part) { ReadData(part, &out->data); });
  ReadStages(in, &out->stages);  // Before the network, which must suit them.
  in.Table("network", [out, init](TableReader& part) {
    ReadNetwork(part, &out->network);
    if (part.ok()) CheckEmbedding(part, *out, init.empty() ? out->network.init : init);
  });
  in.Table("index", [out](TableReader& part) {
    part.Text("spec", &out->index_spec);
    if (!part.ok()) return;
    const absl::Status status = ParseIndexSpec(out->index_spec).status();
    if (!status.ok()) part.Fail("spec", status.message());
  });
  if (in.ok() && !IsName(out->name)) {
    in.Fail("name",
            absl::StrCat("\"", out->name, "\": a recipe needs a name of letters, digits, - _ ."));
  }
}

}  // namespace

bool StageRecipe::Has(LossKind kind) const {
  return std::any_of(losses.begin(), losses.end(),
                     [kind](const LossRecipe& loss) { return loss.kind() == kind; });
}

absl::StatusOr<Recipe> ParseRecipe(absl::string_view toml, absl::string_view file_name,
                                   absl::string_view init) {
  toml::table table;
  LB_RETURN_IF_ERROR(ParseToml(toml, file_name, &table));
  Recipe recipe;
  recipe.text = std::string(toml);
  absl::Status status;
  TableReader reader(table, "", std::string(file_name), &status);
  ReadRecipe(reader, init, &recipe);
  reader.Finish();
  LB_RETURN_IF_ERROR(status);
  return recipe;
}

absl::StatusOr<Recipe> LoadRecipe(const std::string& path, absl::string_view init) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, uint64_t{1} << 20));
  return ParseRecipe(text, path, init);
}

}  // namespace lookbook
