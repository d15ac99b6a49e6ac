#include "models/recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kMinimal[] = R"(name = "m"
[data]
root = "d"
[[stage]]
name = "all"
steps = 10
)";

TEST(RecipeTest, MinimalRecipeHasTheDocumentedDefaults) {
  LB_ASSERT_OK_AND_ASSIGN(const Recipe recipe, ParseRecipe(kMinimal, "m.toml"));
  EXPECT_EQ(recipe.name, "m");
  EXPECT_EQ(recipe.seed, 7);
  EXPECT_EQ(recipe.data.root, "d");
  EXPECT_EQ(recipe.data.csv, "train.csv");
  EXPECT_EQ(recipe.data.split, "stratified 80/10/10");
  EXPECT_FALSE(recipe.data.group_near_duplicates);
  EXPECT_FALSE(recipe.keep_every_epoch);
  EXPECT_EQ(recipe.data.image_size, 128);
  EXPECT_EQ(recipe.data.augment.crop_scale_min, 1.0);
  EXPECT_EQ(recipe.data.augment.hue, 0);
  EXPECT_EQ(recipe.data.augment.grayscale, 0);
  EXPECT_EQ(recipe.network.backbone, "small_cnn");
  ASSERT_THAT(recipe.stages, SizeIs(1));
  EXPECT_EQ(recipe.stages[0].steps, 10);
  EXPECT_EQ(recipe.stages[0].epochs, 0);
  ASSERT_THAT(recipe.stages[0].losses, SizeIs(1));
  EXPECT_EQ(recipe.stages[0].losses[0].name, "bce");
  EXPECT_EQ(recipe.stages[0].losses[0].classification.attribute_weight, 1.0);
  EXPECT_EQ(recipe.stages[0].keep, "map");
  EXPECT_EQ(recipe.stages[0].guard.action, "restore");
  EXPECT_THAT(recipe.stages[0].clip_norm, DoubleEq(1.0));
  EXPECT_EQ(recipe.index_spec, "Flat");
  EXPECT_EQ(recipe.text, kMinimal);
}

TEST(RecipeTest, EveryKeyArrivesInItsMember) {
  LB_ASSERT_OK_AND_ASSIGN(const Recipe r, ParseRecipe(R"(
name = "all-keys"
seed = 11
threads = 3
device = "cuda"
precision = "bf16"
keep_checkpoints = "every_epoch"
[data]
root = "r"
csv = "a.csv"
holdout_csv = "b.csv"
split = "random 70/30"
group_near_duplicates = true
image_size = 96
resize = "pad"
cache = "disk"
cache_dir = "c"
workers = 5
[data.augment]
flip = 0.25
crop_scale = [0.5, 0.75]
color = 0.125
erase = 1
rotate_degrees = 10
hue = 0.375
grayscale = 0.625
backend = "image"
[network]
backbone = "resnet50"
init = "he"
head = "linear"
embedding = "pooled"
[[stage]]
name = "one"
epochs = 2
loss = [{ name = "bce", weight = 2, smoothing = 0.5, attribute_weight = 0.25 }]
optimizer = { name = "adamw", lr = 0.5, weight_decay = 0.75 }
schedule = { name = "constant", warmup = 0.1 }
batch_size = 17
ema = 0.9
clip_norm = 0
freeze = "norms"
mixup = 0.2
keep = "last"
early_stop = { metric = "ndcg_at_10", patience = 3 }
guard = { action = "restore", patience = 4, warmup = 2, max_restores = 1, rate_factor = 0.5 }
[[stage]]
name = "two"
steps = 9
loss = ["bce", { name = "triplet", pairs = "study", positive_shared = 2, margin = 0.5, miner = "semi_hard", soft = true, distance = "cosine", normalize = false }]
optimizer = { name = "sgd", lr = 0.1, momentum = 0.5, backbone_lr_factor = 0.1, layer_decay = 0.5 }
sampler = { name = "pairs", partners = 2 }
[index]
spec = "Flat"
)",
                                                      "x.toml"));
  EXPECT_EQ(r.seed, 11);
  EXPECT_EQ(r.threads, 3);
  EXPECT_EQ(r.device, "cuda");
  EXPECT_EQ(r.precision, "bf16");
  EXPECT_TRUE(r.keep_every_epoch);
  EXPECT_EQ(r.data.csv, "a.csv");
  EXPECT_EQ(r.data.holdout_csv, "b.csv");
  EXPECT_EQ(r.data.split, "random 70/30");
  EXPECT_TRUE(r.data.group_near_duplicates);
  EXPECT_EQ(r.data.image_size, 96);
  EXPECT_EQ(r.data.resize, "pad");
  EXPECT_EQ(r.data.cache, "disk");
  EXPECT_EQ(r.data.cache_dir, "c");
  EXPECT_EQ(r.data.workers, 5);
  EXPECT_EQ(r.data.augment.flip, 0.25);
  EXPECT_EQ(r.data.augment.crop_scale_min, 0.5);
  EXPECT_EQ(r.data.augment.crop_scale_max, 0.75);
  EXPECT_EQ(r.data.augment.color, 0.125);
  EXPECT_EQ(r.data.augment.erase, 1);
  EXPECT_EQ(r.data.augment.rotate_degrees, 10);
  EXPECT_EQ(r.data.augment.hue, 0.375);
  EXPECT_EQ(r.data.augment.grayscale, 0.625);
  EXPECT_EQ(r.data.augment.backend, "image");
  EXPECT_EQ(r.network.backbone, "resnet50");
  ASSERT_THAT(r.stages, SizeIs(2));
  const StageRecipe& one = r.stages[0];
  EXPECT_EQ(one.epochs, 2);
  EXPECT_EQ(one.losses[0].weight, 2);
  EXPECT_EQ(one.losses[0].classification.smoothing, 0.5);
  EXPECT_EQ(one.losses[0].classification.attribute_weight, 0.25);
  EXPECT_EQ(one.optimizer.lr, 0.5);
  EXPECT_EQ(one.optimizer.weight_decay, 0.75);
  EXPECT_EQ(one.schedule.name, "constant");
  EXPECT_EQ(one.schedule.warmup, 0.1);
  EXPECT_EQ(one.batch_size, 17);
  EXPECT_EQ(one.ema, 0.9);
  EXPECT_EQ(one.clip_norm, 0);
  EXPECT_EQ(one.freeze, "norms");
  EXPECT_EQ(one.mixup, 0.2);
  EXPECT_EQ(one.keep, "last");
  EXPECT_EQ(one.early_stop.metric, "ndcg_at_10");
  EXPECT_EQ(one.early_stop.patience, 3);
  EXPECT_EQ(one.guard.action, "restore");
  EXPECT_EQ(one.guard.patience, 4);
  EXPECT_EQ(one.guard.warmup, 2);
  EXPECT_EQ(one.guard.max_restores, 1);
  EXPECT_EQ(one.guard.rate_factor, 0.5);
  const StageRecipe& two = r.stages[1];
  EXPECT_EQ(two.name, "two");
  ASSERT_THAT(two.losses, SizeIs(2));
  EXPECT_EQ(two.losses[1].pairs.rule, "study");
  EXPECT_EQ(two.losses[1].pairs.positive_shared, 2);
  EXPECT_EQ(two.losses[1].triplet.margin, 0.5);
  EXPECT_EQ(two.losses[1].triplet.miner, "semi_hard");
  EXPECT_TRUE(two.losses[1].triplet.soft);
  EXPECT_EQ(two.losses[1].triplet.distance, "cosine");
  EXPECT_FALSE(two.losses[1].triplet.normalize);
  EXPECT_EQ(two.optimizer.name, "sgd");
  EXPECT_EQ(two.optimizer.momentum, 0.5);
  EXPECT_EQ(two.optimizer.backbone_lr_factor, 0.1);
  EXPECT_EQ(two.optimizer.layer_decay, 0.5);
  EXPECT_EQ(two.sampler.name, "pairs");
  EXPECT_EQ(two.sampler.partners, 2);
  EXPECT_EQ(two.keep, "ndcg_at_10") << "the default beside a metric loss";
}

struct BadRecipe {
  std::string change;   // What is appended to, or replaced in, the minimal recipe.
  std::string message;  // How the error begins, and what it must name.
  std::string value;
};

class BadRecipeTest : public ::testing::TestWithParam<BadRecipe> {};

TEST_P(BadRecipeTest, IsRefusedWithFileLineAndKey) {
  EXPECT_THAT(ParseRecipe(GetParam().change, "bad.toml"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(StartsWith(absl::StrCat("bad.toml:", GetParam().message)),
                             HasSubstr(GetParam().value))));
}

std::string With(absl::string_view from, absl::string_view to) {
  return absl::StrReplaceAll(kMinimal, {{from, to}});
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRecipeTest,
    ::testing::Values(
        BadRecipe{"name = ", "1: ", ""},  // No TOML.
        BadRecipe{With("name = \"m\"", "name = \"m\"\nsede = 3"), "2: sede: ", "unknown key"},
        BadRecipe{With("root = \"d\"", "root = \"d\"\nroot2 = 1"),
                  "4: data.root2: ", "known here: augment"},
        BadRecipe{With("root = \"d\"", "root = 5"), "3: data.root: ", "must be a string"},
        BadRecipe{With("root = \"d\"", "image_size = 8"),
                  "3: data.image_size: ", "8 is not within 16 to 512"},
        BadRecipe{With("root = \"d\"", "image_size = 64.0"),
                  "3: data.image_size: ", "whole number"},
        BadRecipe{With("root = \"d\"", "split = \"random 80/30\""),
                  "3: data.split: ", "random 80/30"},
        BadRecipe{With("root = \"d\"", "split = \"some\""), "3: data.split: ", "\"some\""},
        // Their sum would be 100 after two overflows of an int.
        BadRecipe{With("root = \"d\"", "split = \"random 2147483647/2147483647/102\""),
                  "3: data.split: ", "2147483647"},
        BadRecipe{With("[data]", "keep_checkpoints = \"all\"\n[data]"),
                  "2: keep_checkpoints: ", "every_epoch"},
        BadRecipe{With("root = \"d\"", "resize = \"fit\""),
                  "3: data.resize: ", "squish, pad, crop"},
        BadRecipe{With("root = \"d\"", "cache = \"tape\""), "3: data.cache: ", "disk"},
        BadRecipe{With("root = \"d\"", "augment = { flip = 2 }"),
                  "3: data.augment.flip: ", "2 is not within 0 to 1"},
        BadRecipe{With("root = \"d\"", "augment = { color = 1.0 }"),
                  "3: data.augment.color: ", "1 is not within 0 to 0.99"},
        BadRecipe{With("root = \"d\"", "augment = { hue = 0.6 }"),
                  "3: data.augment.hue: ", "0.6 is not within 0 to 0.5"},
        BadRecipe{With("root = \"d\"", "augment = { hue = -0.1 }"),
                  "3: data.augment.hue: ", "-0.1 is not within 0 to 0.5"},
        BadRecipe{With("root = \"d\"", "augment = { grayscale = 1.5 }"),
                  "3: data.augment.grayscale: ", "1.5 is not within 0 to 1"},
        BadRecipe{With("root = \"d\"", "augment = { flip = nan }"),
                  "3: data.augment.flip: ", "not within"},
        BadRecipe{With("root = \"d\"", "augment = { crop_scale = [1.0, 0.5] }"),
                  "3: data.augment.crop_scale: ", "ascending"},
        BadRecipe{With("root = \"d\"", "augment = { crop_scale = 0.5 }"),
                  "3: data.augment.crop_scale: ", "array"},
        BadRecipe{With("root = \"d\"", "augment = { backend = \"gpu\" }"),
                  "3: data.augment.backend: ", "\"gpu\" is not one of: image, batch"},
        BadRecipe{With("[data]", "device = \"tpu\"\n[data]"),
                  "2: device: ", "\"tpu\" is not one of: cpu, cuda"},
        BadRecipe{With("[data]", "precision = \"fp16\"\n[data]"),
                  "2: precision: ", "\"fp16\" is not one of: fp32, tf32, bf16"},
        BadRecipe{With("[data]", "precision = \"tf32\"\n[data]"),
                  "2: precision: ", "needs device = \"cuda\""},
        BadRecipe{With("root = \"d\"", "augment = { mixup = 0.2 }"),
                  "3: data.augment.mixup: ", "unknown key"},
        BadRecipe{With("root = \"d\"", "augment = 3"), "3: data.augment: ", "must be a table"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\ninit = \"\"\n"),
                  "8: network.init: ", "neither \"he\""},
        BadRecipe{absl::StrCat(kMinimal, "[network]\ninit = \"bundle:\"\n"),
                  "8: network.init: ", "\"bundle:\" is neither"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\ninit = 3\n"),
                  "8: network.init: ", "must be a string"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nbackbone = \"vgg\"\n"),
                  "8: network.backbone: ", "\"vgg\" is not one of: small_cnn"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nwidth = 0.5\n"),
                  "8: network.width: ", "only mobilenet_v2"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nbackbone = \"mobilenet_v2\"\nwidth = 5\n"),
                  "9: network.width: ", "5 is not within 0.1 to 4"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nhead = \"deep\"\n"),
                  "8: network.head: ", "linear, mlp, stacked"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = \"raw\"\n"),
                  "8: network.embedding: ", "\"raw\" is not one of: pooled"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = 64\n"),
                  "8: network.embedding: ", "must be a string"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = {}\n"),
                  "8: network.embedding: ", "needs dim"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = { dim = 1 }\n"),
                  "8: network.embedding.dim: ", "1 is not within 2 to 4096"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = { dim = 8, bias = true }\n"),
                  "8: network.embedding.bias: ", "unknown key"},
        BadRecipe{absl::StrCat(kMinimal, "freeze = \"all\"\n"),
                  "7: stage[0].freeze: ", "backbone, norms"},
        BadRecipe{absl::StrCat(kMinimal, "early_stop = { metric = \"f1\" }\n"),
                  "7: stage[0].early_stop.metric: ", "map, ndcg_at_10"},
        BadRecipe{absl::StrCat(kMinimal, "keep = \"first\"\n"), "7: stage[0].keep: ", "last"},
        BadRecipe{With("root = \"d\"", "root = \"d\"\ncache_dir = \"c\""),
                  "4: data.cache_dir: ", "has no effect: only cache = \"disk\""},
        BadRecipe{absl::StrCat(kMinimal, "guard = { action = \"off\", patience = 9 }\n"),
                  "7: stage[0].guard.patience: ", "has no effect"},
        BadRecipe{absl::StrCat(kMinimal, "guard = { action = \"on\" }\n"),
                  "7: stage[0].guard.action: ", "restore, report, off"},
        BadRecipe{absl::StrCat(kMinimal, "sampler = { partners = 2 }\n"),
                  "7: stage[0].sampler.partners: ", "unknown key"},
        BadRecipe{absl::StrCat(kMinimal, "cache_features = true\n"),
                  "7: stage[0].cache_features: ", "frozen"},
        BadRecipe{absl::StrCat(kMinimal, "keep_bce = 1\n"),
                  "7: stage[0].keep_bce: ", "true or false"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"proxy\"]\n"),
                  "7: stage[0].loss: ", "\"proxy\" is not one of: bce, asl, triplet"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"bce\", { name = \"proxy\" }]\n"),
                  "7: stage[0].loss[1].name: ", "not one of"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"bce\", \"bce\"]\n"),
                  "7: stage[0].loss: ", "stands twice"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ name = \"bce\", margin = 0.1 }]\n"),
                  "7: stage[0].loss[0].margin: ", "unknown key"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ name = \"triplet\", margin = -1 }]\n"),
                  "7: stage[0].loss[0].margin: ", "-1 is not within"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ name = \"triplet\", tau = 1 }]\n"),
                  "7: stage[0].loss[0].tau: ", "unknown key"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"supcon\"]\nmixup = 0.2\n"),
                  "8: stage[0].mixup: ", "no partners"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"dcl\", \"supcon\"]\n"),
                  "7: stage[0].loss: ", "self-supervision"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"dcl\"]\nfreeze = \"backbone\"\n"),
                  "7: stage[0].loss: ", "self-supervision"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ smoothing = 0.1 }]\n"),
                  "7: stage[0].loss[0]: ", "needs a name"},
        BadRecipe{absl::StrCat(kMinimal, "loss = []\n"), "7: stage[0].loss: ", "at least one loss"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [3]\n"), "7: stage[0].loss[0]: ", "not one of"},
        BadRecipe{absl::StrCat(kMinimal, "loss = \"bce\"\n"),
                  "7: stage[0].loss: ", "must be an array"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { lr = 0 }\n"),
                  "7: stage[0].optimizer.lr: ", "0 is not within"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { name = \"lars\" }\n"),
                  "7: stage[0].optimizer.name: ", "adamw, adam, sgd"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { momentum = 0.1 }\n"),
                  "7: stage[0].optimizer.momentum: ", "unknown key"},
        BadRecipe{absl::StrCat(kMinimal, "batch_size = 1\n"),
                  "7: stage[0].batch_size: ", "1 is not within 2"},
        BadRecipe{absl::StrCat(kMinimal, "ema = 1.0\n"), "7: stage[0].ema: ", "1 is not within"},
        BadRecipe{absl::StrCat(kMinimal, "epochs = 3\n"),
                  "4: stage[0]: ", "either epochs or steps"},
        BadRecipe{With("steps = 10\n", ""), "4: stage[0]: ", "either epochs or steps"},
        BadRecipe{With("name = \"all\"\n", ""), "4: ", "a stage needs a name"},
        BadRecipe{absl::StrCat(kMinimal, "[[stage]]\nname = \"all\"\nsteps = 1\n"),
                  "8: stage[1].name: ", "names two stages"},
        BadRecipe{"name = \"x\"\n", "1: stage: ", "at least one [[stage]]"},
        BadRecipe{With("name = \"m\"", "name = \"../m\""), "1: name: ", "../m"},
        BadRecipe{With("name = \"m\"", ""), "1: name: ", "needs a name"},
        BadRecipe{absl::StrCat(kMinimal, "[index]\nspec = \"PQ16\"\n"),
                  "8: index.spec: ", "known: \"Flat\", \"SQ8\""},
        BadRecipe{absl::StrCat(kMinimal, "[index]\nspec = \"HNSW2\"\n"),
                  "8: index.spec: ", "links 2 is not in 4 to 64"},
        BadRecipe{absl::StrCat(kMinimal, "[index]\nspec = \"IVF99999,Flat\"\n"),
                  "8: index.spec: ", "lists 99999 is not in 1 to 65536"}));

TEST(RecipeTest, TakesEveryKindOfIndex) {
  for (const char* spec : {"Flat", "SQ8", "SQfp16", "IVF64,Flat", "IVF64,SQ8", "HNSW32"}) {
    LB_ASSERT_OK_AND_ASSIGN(
        const Recipe recipe,
        ParseRecipe(absl::StrCat(kMinimal, "[index]\nspec = \"", spec, "\"\n"), "m.toml"));
    EXPECT_EQ(recipe.index_spec, spec);
  }
}

TEST(RecipeTest, NetworkKeysTakeEveryForm) {
  LB_ASSERT_OK_AND_ASSIGN(const Recipe plain, ParseRecipe(kMinimal, "m.toml"));
  EXPECT_EQ(plain.network.width, 1.0);
  EXPECT_EQ(plain.network.init, "he");
  EXPECT_EQ(plain.network.head, "linear");
  EXPECT_EQ(plain.network.embedding_dim, 0);
  LB_ASSERT_OK_AND_ASSIGN(const Recipe mobile,
                          ParseRecipe(absl::StrCat(kMinimal, R"(loss = ["supcon"]
[network]
backbone = "mobilenet_v2"
width = 0.35
init = "weights/a.pth"
head = "stacked"
embedding = { dim = 128 }
)"),
                                      "m.toml"));
  EXPECT_EQ(mobile.network.width, 0.35);
  EXPECT_EQ(mobile.network.init, "weights/a.pth");
  EXPECT_EQ(mobile.network.head, "stacked");
  EXPECT_EQ(mobile.network.embedding_dim, 128);
  LB_ASSERT_OK_AND_ASSIGN(const Recipe residual, ParseRecipe(absl::StrCat(kMinimal, R"([network]
backbone = "resnet18"
init = "bundle:out/bundles/one"
head = "mlp"
embedding = "pooled"
)"),
                                                             "m.toml"));
  EXPECT_EQ(residual.network.backbone, "resnet18");
  EXPECT_EQ(residual.network.init, "bundle:out/bundles/one");
  EXPECT_EQ(residual.network.head, "mlp");
  EXPECT_EQ(residual.network.embedding_dim, 0);
}

TEST(RecipeTest, TheDeviceDecidesWhereAugmentationIsDoneUnlessToldOtherwise) {
  const auto backend = [](const std::string& toml) {
    const absl::StatusOr<Recipe> recipe = ParseRecipe(toml, "r.toml");
    EXPECT_THAT(recipe, IsOk());
    return recipe->data.augment.backend;
  };
  const std::string cuda = With("[data]", "device = \"cuda\"\n[data]");
  EXPECT_EQ(backend(kMinimal), "image");
  EXPECT_EQ(backend(cuda), "batch");
  EXPECT_EQ(backend(absl::StrCat(cuda, "[data.augment]\nbackend = \"image\"\n")), "image");
  EXPECT_EQ(backend(absl::StrCat(kMinimal, "[data.augment]\nbackend = \"batch\"\n")), "batch");
}

// A curve through pictures that were trained on promises too much.
TEST(RecipeTest, TheDemoCalibratesOnPicturesOfTheirOwn) {
  for (const char* file : {"models/recipes/quick.toml", "models/recipes/quick_bce.toml"}) {
    LB_ASSERT_OK_AND_ASSIGN(const Recipe recipe, LoadRecipe(file));
    EXPECT_EQ(recipe.data.split, "random 95/5") << file;
    EXPECT_EQ(recipe.data.holdout_csv, "holdout.csv") << file << ": judged on yet others";
  }
}

TEST(RecipeTest, MissingFileIsNotFound) {
  EXPECT_THAT(LoadRecipe("no/such.toml"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such.toml")));
}

TEST(RecipeTest, AMetricLossKeepsTheClassesUnlessToldOtherwise) {
  LB_ASSERT_OK_AND_ASSIGN(const Recipe with,
                          ParseRecipe(absl::StrCat(kMinimal, "loss = [\"triplet\"]\n"), "m"));
  ASSERT_THAT(with.stages[0].losses, SizeIs(2));
  EXPECT_EQ(with.stages[0].losses[0].name, "bce");
  LB_ASSERT_OK_AND_ASSIGN(
      const Recipe without,
      ParseRecipe(absl::StrCat(kMinimal, "loss = [\"triplet\"]\nkeep_bce = false\n"), "m"));
  EXPECT_THAT(without.stages[0].losses, SizeIs(1));
  LB_ASSERT_OK_AND_ASSIGN(
      const Recipe asl, ParseRecipe(absl::StrCat(kMinimal, "loss = [\"asl\", \"supcon\"]\n"), "m"));
  EXPECT_THAT(asl.stages[0].losses, SizeIs(2));
  LB_ASSERT_OK_AND_ASSIGN(const Recipe views,
                          ParseRecipe(absl::StrCat(kMinimal, "loss = [\"dcl\"]\n"), "m"));
  EXPECT_THAT(views.stages[0].losses, SizeIs(1));
  EXPECT_EQ(views.stages[0].keep, "last");
}

}  // namespace
}  // namespace lookbook
