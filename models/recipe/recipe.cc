#include "models/recipe/recipe.h"

#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"
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
    if (!absl::SimpleAtoi(share, &percent) || percent < 0) return false;
    sum += percent;
  }
  return sum == 100;
}

void ReadAugment(TableReader& in, AugmentRecipe* out) {
  in.Number("flip", 0, 1, &out->flip);
  in.Range("crop_scale", 0.05, 1, &out->crop_scale_min, &out->crop_scale_max);
  in.Number("color", 0, 1, &out->color);
  in.Number("erase", 0, 1, &out->erase);
  in.Number("rotate_degrees", 0, 180, &out->rotate_degrees);
  in.Later({"mixup", "randaugment", "grayscale", "hue", "rotation"});
}

void ReadData(TableReader& in, DataRecipe* out) {
  in.Text("root", &out->root);
  in.Text("csv", &out->csv);
  in.Text("holdout_csv", &out->holdout_csv);
  in.Text("split", &out->split);
  in.Integer("image_size", 16, 512, &out->image_size);
  in.Choice("resize", {"squish", "pad", "crop"}, {}, &out->resize);
  in.Choice("cache", {"ram", "disk"}, {}, &out->cache);
  in.Text("cache_dir", &out->cache_dir);
  in.Integer("workers", 1, 64, &out->workers);
  in.Table("augment", [out](TableReader& part) { ReadAugment(part, &out->augment); });
  in.Later({"sampler", "crop_masks"});
  if (in.ok() && out->csv.empty()) in.Fail("csv", "must not be empty");
  if (in.ok() && !IsSplit(out->split)) {
    in.Fail("split",
            absl::StrCat("\"", out->split,
                         "\" is neither \"all\" nor \"random A/B\" nor \"stratified A/B/C\" "
                         "with percentages that add up to 100"));
  }
}

void ReadNetwork(TableReader& in, NetworkRecipe* out) {
  in.Choice("backbone", {"small_cnn", "mobilenet_v2", "resnet50"}, {"resnet18"}, &out->backbone);
  in.Text("init", &out->init);
  if (in.ok() && out->init != "he") {
    in.Fail("init",
            absl::StrCat("\"", out->init, "\" is not supported by this version; it knows: he"));
  }
  in.Choice("head", {"linear"}, {"mlp", "stacked"}, &out->head);
  if (in.IsTable("embedding")) in.Later({"embedding"});
  in.Choice("embedding", {"pooled"}, {}, &out->embedding);
  in.Later({"width", "dropout", "freeze"});
}

void ReadLoss(TableReader& in, LossRecipe* out) {
  in.Choice("name", {"bce"},
            {"asl", "focal", "triplet", "angular", "npair", "supcon", "mulsupcon", "graded",
             "ntxent", "dcl", "vicreg", "barlow", "byol", "rotation"},
            &out->name);
  in.Number("weight", 0, 1000, &out->weight);
  in.Number("smoothing", 0, 0.99, &out->smoothing);
  in.Number("attribute_weight", 0, 1000, &out->attribute_weight);
  in.Later({"pos_weight", "class_balanced", "beta", "tau", "margin", "relation", "pairs",
            "distance", "normalize"});
}

void ReadOptimizer(TableReader& in, OptimizerRecipe* out) {
  in.Choice("name", {"adamw"}, {"adam", "sgd", "lars"}, &out->name);
  in.Number("lr", 1e-8, 10, &out->lr);
  in.Number("weight_decay", 0, 1, &out->weight_decay);
  in.Later({"backbone_lr_factor", "layer_decay", "momentum"});
}

void ReadSchedule(TableReader& in, ScheduleRecipe* out) {
  in.Choice("name", {"warmup_cosine", "constant"}, {"onecycle", "step"}, &out->name);
  in.Number("warmup", 0, 1, &out->warmup);
}

void ReadLosses(TableReader& in, StageRecipe* out) {
  if (in.Has("loss")) out->losses.clear();
  in.Array(
      "loss",
      [out](TableReader& part) {
        LossRecipe loss;
        ReadLoss(part, &loss);
        if (part.ok() && !part.Has("name")) part.Fail("", "a loss needs a name");
        out->losses.push_back(loss);
      },
      [out, &in](const std::string& name) {
        if (name != "bce")
          in.Fail("loss",
                  absl::StrCat("\"", name, "\" is not supported by this version; it knows: bce"));
        out->losses.emplace_back().name = name;
        return true;
      });
  if (in.ok() && out->losses.size() != 1)
    in.Fail("loss", "this version trains exactly one loss a stage: [\"bce\"]");
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
  in.Later({"freeze", "early_stop", "sampler", "mixup", "memory", "guard"});
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

void ReadRecipe(TableReader& in, Recipe* out) {
  in.Text("name", &out->name);
  in.Integer("seed", int64_t{0}, std::numeric_limits<int64_t>::max(), &out->seed);
  in.Integer("threads", 0, 1024, &out->threads);
  in.Table("data", [out](TableReader& part) { ReadData(part, &out->data); });
  in.Table("network", [out](TableReader& part) { ReadNetwork(part, &out->network); });
  ReadStages(in, &out->stages);
  in.Table("index", [out](TableReader& part) {
    part.Text("spec", &out->index_spec);
    if (part.ok() && out->index_spec != "Flat") {
      part.Fail("spec", absl::StrCat("\"", out->index_spec,
                                     "\" is not supported by this version; it knows: Flat"));
    }
  });
  in.Later({"calibration", "evaluate", "report"});
  if (in.ok() && !IsName(out->name)) {
    in.Fail("name",
            absl::StrCat("\"", out->name, "\": a recipe needs a name of letters, digits, - _ ."));
  }
}

}  // namespace

absl::StatusOr<Recipe> ParseRecipe(absl::string_view toml, absl::string_view file_name) {
  toml::table table;
  LB_RETURN_IF_ERROR(ParseToml(toml, file_name, &table));
  Recipe recipe;
  recipe.text = std::string(toml);
  absl::Status status;
  TableReader reader(table, "", std::string(file_name), &status);
  ReadRecipe(reader, &recipe);
  reader.Finish();
  LB_RETURN_IF_ERROR(status);
  return recipe;
}

absl::StatusOr<Recipe> LoadRecipe(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, uint64_t{1} << 20));
  return ParseRecipe(text, path);
}

}  // namespace lookbook
