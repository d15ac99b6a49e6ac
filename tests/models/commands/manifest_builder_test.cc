#include "models/commands/manifest_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/bundle/calibration.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_calibration.h"

namespace lookbook {
namespace {

TEST(ManifestBuilderTest, EveryFactArrives) {
  Recipe recipe;
  recipe.name = "r";
  recipe.text = "name = \"r\"";
  recipe.network.backbone = "small_cnn";
  FashionData data;
  data.sha256 = "dd";
  data.labels = {{{5, "dress", "body"}, {3, "hat", "head"}}, {{9, "red", "colour"}}};
  PreprocessSpec spec;
  spec.size = 96;
  spec.resize = ResizeMode::kPad;
  const ManifestFacts facts{
      .recipe = recipe,
      .data = data,
      .support = {7, 8},
      .split_sha256 = "ss",
      .preprocess = spec,
      .shape = {96, 192, 2, 1},
      .index = {.items = 42, .unreadable = {}, .recall = {}},
      .evaluated_split = "holdout",
      .evaluated_images = 11,
      .values = {{"map", 0.5}, {"nan", std::numeric_limits<double>::quiet_NaN()}},
      .calibration = {MakeTestCalibration(2), {0.25f, 0.75f}}};
  const Manifest manifest = MakeManifest(facts);
  EXPECT_EQ(manifest.recipe(), "r");
  EXPECT_EQ(manifest.recipe_toml(), recipe.text);
  EXPECT_EQ(manifest.dataset_sha256(), "dd");
  EXPECT_EQ(manifest.split_sha256(), "ss");
  EXPECT_EQ(manifest.backbone(), "small_cnn");
  EXPECT_EQ(manifest.embedding_dim(), 192u);
  EXPECT_EQ(manifest.metric(), "inner_product");
  EXPECT_EQ(manifest.item_count(), 42u);
  EXPECT_TRUE(manifest.scores_attributes());
  ASSERT_EQ(manifest.classes_size(), 2);
  EXPECT_EQ(manifest.classes(1).id(), 3u);
  EXPECT_EQ(manifest.classes(1).support(), 8u);
  EXPECT_EQ(manifest.classes(0).threshold(), 0.25f);
  EXPECT_EQ(manifest.classes(1).threshold(), 0.75f);
  EXPECT_EQ(manifest.calibration().source(), "validation");
  EXPECT_THAT(CheckCalibration(manifest), IsOk());
  EXPECT_EQ(manifest.index().spec(), "Flat");
  EXPECT_FALSE(manifest.index().has_search());
  EXPECT_FALSE(manifest.index().has_recall_at_10());
  EXPECT_EQ(manifest.evaluation().images(), 11u);
  EXPECT_EQ(manifest.evaluation().values().at("map"), 0.5);
  EXPECT_EQ(manifest.evaluation().values().count("nan"), 0u);
  LB_ASSERT_OK_AND_ASSIGN(const PreprocessSpec back, ToPreprocessSpec(manifest.preprocess()));
  EXPECT_EQ(back.size, 96);
  EXPECT_EQ(back.resize, ResizeMode::kPad);
  const LabelSpace labels = LabelsOf(manifest);
  ASSERT_EQ(labels.classes.size(), 2u);
  EXPECT_EQ(labels.classes[0].id, 5u);
  EXPECT_EQ(labels.classes[0].name, "dress");
  EXPECT_EQ(labels.attributes[0].supercategory, "colour");
}

TEST(ManifestBuilderTest, WhatTheIndexFindsArrives) {
  Recipe recipe;
  recipe.index_spec = "HNSW32";
  FashionData data;
  ManifestFacts facts{.recipe = recipe,
                      .data = data,
                      .support = {},
                      .split_sha256 = "",
                      .preprocess = {},
                      .shape = {}};
  facts.index.recall =
      IndexRecall{.search = "efSearch=32", .recall = 0.975, .queries = 300, .source = "items"};
  const Manifest manifest = MakeManifest(facts);
  EXPECT_EQ(manifest.index().spec(), "HNSW32");
  EXPECT_EQ(manifest.index().search(), "efSearch=32");
  EXPECT_EQ(manifest.index().recall_at_10(), 0.975);
  EXPECT_EQ(manifest.index().recall_queries(), 300u);
  EXPECT_EQ(manifest.index().recall_source(), "items");
  facts.index.recall->search = "";
  EXPECT_FALSE(MakeManifest(facts).index().has_search()) << "SQ8 has none";
}

}  // namespace
}  // namespace lookbook
