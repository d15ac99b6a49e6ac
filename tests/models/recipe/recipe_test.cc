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
  EXPECT_EQ(recipe.data.image_size, 128);
  EXPECT_EQ(recipe.data.augment.crop_scale_min, 1.0);
  EXPECT_EQ(recipe.network.backbone, "small_cnn");
  ASSERT_THAT(recipe.stages, SizeIs(1));
  EXPECT_EQ(recipe.stages[0].steps, 10);
  EXPECT_EQ(recipe.stages[0].epochs, 0);
  ASSERT_THAT(recipe.stages[0].losses, SizeIs(1));
  EXPECT_EQ(recipe.stages[0].losses[0].name, "bce");
  EXPECT_EQ(recipe.stages[0].losses[0].attribute_weight, 1.0);
  EXPECT_THAT(recipe.stages[0].clip_norm, DoubleEq(1.0));
  EXPECT_EQ(recipe.index_spec, "Flat");
  EXPECT_EQ(recipe.text, kMinimal);
}

TEST(RecipeTest, EveryKeyArrivesInItsMember) {
  LB_ASSERT_OK_AND_ASSIGN(const Recipe r, ParseRecipe(R"(
name = "all-keys"
seed = 11
threads = 3
[data]
root = "r"
csv = "a.csv"
holdout_csv = "b.csv"
split = "random 70/30"
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
[[stage]]
name = "two"
steps = 9
[index]
spec = "Flat"
)",
                                                      "x.toml"));
  EXPECT_EQ(r.seed, 11);
  EXPECT_EQ(r.threads, 3);
  EXPECT_EQ(r.data.csv, "a.csv");
  EXPECT_EQ(r.data.holdout_csv, "b.csv");
  EXPECT_EQ(r.data.split, "random 70/30");
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
  EXPECT_EQ(r.network.backbone, "resnet50");
  ASSERT_THAT(r.stages, SizeIs(2));
  const StageRecipe& one = r.stages[0];
  EXPECT_EQ(one.epochs, 2);
  EXPECT_EQ(one.losses[0].weight, 2);
  EXPECT_EQ(one.losses[0].smoothing, 0.5);
  EXPECT_EQ(one.losses[0].attribute_weight, 0.25);
  EXPECT_EQ(one.optimizer.lr, 0.5);
  EXPECT_EQ(one.optimizer.weight_decay, 0.75);
  EXPECT_EQ(one.schedule.name, "constant");
  EXPECT_EQ(one.schedule.warmup, 0.1);
  EXPECT_EQ(one.batch_size, 17);
  EXPECT_EQ(one.ema, 0.9);
  EXPECT_EQ(one.clip_norm, 0);
  EXPECT_EQ(r.stages[1].name, "two");
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
        BadRecipe{With("root = \"d\"", "resize = \"fit\""),
                  "3: data.resize: ", "squish, pad, crop"},
        BadRecipe{With("root = \"d\"", "cache = \"tape\""), "3: data.cache: ", "disk"},
        BadRecipe{With("root = \"d\"", "augment = { flip = 2 }"),
                  "3: data.augment.flip: ", "2 is not within 0 to 1"},
        BadRecipe{With("root = \"d\"", "augment = { flip = nan }"),
                  "3: data.augment.flip: ", "not within"},
        BadRecipe{With("root = \"d\"", "augment = { crop_scale = [1.0, 0.5] }"),
                  "3: data.augment.crop_scale: ", "ascending"},
        BadRecipe{With("root = \"d\"", "augment = { crop_scale = 0.5 }"),
                  "3: data.augment.crop_scale: ", "array"},
        BadRecipe{With("root = \"d\"", "augment = { mixup = 0.2 }"),
                  "3: data.augment.mixup: ", "not supported by this version"},
        BadRecipe{With("root = \"d\"", "augment = 3"), "3: data.augment: ", "must be a table"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\ninit = \"weights/a.pth\"\n"),
                  "8: network.init: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nbackbone = \"resnet18\"\n"),
                  "8: network.backbone: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nbackbone = \"vgg\"\n"),
                  "8: network.backbone: ", "\"vgg\" is not one of"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nhead = \"stacked\"\n"),
                  "8: network.head: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "[network]\nembedding = { dim = 128 }\n"),
                  "8: network.embedding: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "freeze = \"backbone\"\n"),
                  "7: stage[0].freeze: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "early_stop = { metric = \"map\" }\n"),
                  "7: stage[0].early_stop: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"supcon\"]\n"),
                  "7: stage[0].loss: ", "\"supcon\" is not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [\"bce\", { name = \"supcon\" }]\n"),
                  "7: stage[0].loss[1].name: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ name = \"bce\", pos_weight = true }]\n"),
                  "7: stage[0].loss[0].pos_weight: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [{ smoothing = 0.1 }]\n"),
                  "7: stage[0].loss[0]: ", "needs a name"},
        BadRecipe{absl::StrCat(kMinimal, "loss = []\n"), "7: stage[0].loss: ", "exactly one"},
        BadRecipe{absl::StrCat(kMinimal, "loss = [3]\n"), "7: stage[0].loss[0]: ", "not one of"},
        BadRecipe{absl::StrCat(kMinimal, "loss = \"bce\"\n"),
                  "7: stage[0].loss: ", "must be an array"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { lr = 0 }\n"),
                  "7: stage[0].optimizer.lr: ", "0 is not within"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { name = \"adam\" }\n"),
                  "7: stage[0].optimizer.name: ", "not supported by this version"},
        BadRecipe{absl::StrCat(kMinimal, "optimizer = { backbone_lr_factor = 0.1 }\n"),
                  "7: stage[0].optimizer.backbone_lr_factor: ", "not supported by this version"},
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
        BadRecipe{absl::StrCat(kMinimal, "[index]\nspec = \"HNSW32\"\n"),
                  "8: index.spec: ", "not supported by this version"}));

TEST(RecipeTest, MissingFileIsNotFound) {
  EXPECT_THAT(LoadRecipe("no/such.toml"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such.toml")));
}

// Every file of models/recipes loads, bears its file's name, and no two say the same.
TEST(RecipeTest, CommittedRecipesLoadAndDiffer) {
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> files, ListDirectory("models/recipes"));
  std::map<std::string, std::string> seen;
  for (const std::string& file : files) {
    if (!absl::EndsWith(file, ".toml")) continue;
    LB_ASSERT_OK_AND_ASSIGN(const Recipe r, LoadRecipe(JoinPath("models/recipes", file)));
    EXPECT_EQ(absl::StrCat(r.name, ".toml"), file);
    std::string effective =
        absl::StrCat(r.data.split, r.data.image_size, r.network.backbone, r.data.augment.flip,
                     r.data.augment.erase, r.data.augment.color);
    for (const StageRecipe& s : r.stages) {
      absl::StrAppend(&effective, "|", s.epochs, " ", s.steps, " ", s.optimizer.lr, " ",
                      s.optimizer.weight_decay, " ", s.batch_size, " ", s.ema, " ",
                      s.losses[0].smoothing);
    }
    const auto [other, is_new] = seen.emplace(effective, file);
    EXPECT_TRUE(is_new) << file << " and " << other->second << " are the same";
  }
  EXPECT_GE(seen.size(), 4u);
}

}  // namespace
}  // namespace lookbook
