// Every recipe of models/recipes, cut down to seconds, becomes a bundle that the engine loads and
// searches. Losses, heads and stages are the recipe's own; the backbone is the small one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/match.h"
#include "base/files.h"
#include "engine/bundle/bundle.h"
#include "models/commands/pipeline.h"
#include "models/dataset/synth.h"
#include "models/recipe/recipe.h"
#include "models/recipe/table_reader.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::SizeIs;

constexpr int kTopK = 5;

// The recipe's text with a small picture and network, and two steps a stage, on the CPU. An
// embedding that has seen two steps may well be called collapsed: the guard only watches.
std::string CutDown(const std::string& text, const std::string& name) {
  toml::table recipe;
  EXPECT_THAT(ParseToml(text, name, &recipe), IsOk());
  recipe.insert_or_assign("threads", 1);
  recipe.erase("device");
  recipe.erase("precision");
  toml::table& data = *recipe["data"].as_table();
  data.insert_or_assign("image_size", 32);
  data.insert_or_assign("workers", 1);
  toml::table& network = *recipe["network"].as_table();
  network.insert_or_assign("backbone", "small_cnn");
  network.erase("width");
  network.erase("init");
  for (toml::node& stage : *recipe["stage"].as_array()) {
    stage.as_table()->erase("epochs");
    stage.as_table()->insert_or_assign("steps", 2);
    stage.as_table()->insert_or_assign("batch_size", 8);
    stage.as_table()->insert_or_assign("guard", toml::table{{"action", "report"}});
  }
  std::ostringstream out;
  out << recipe;
  return out.str();
}

// What must survive the cut: which losses each stage adds up.
std::vector<std::string> StagesOf(const Recipe& recipe) {
  std::vector<std::string> out;
  for (const StageRecipe& stage : recipe.stages) {
    out.push_back(stage.name + ":");
    for (const LossRecipe& loss : stage.losses) out.back() += " " + loss.name;
  }
  return out;
}

class EveryRecipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SynthOptions options = TinySynthOptions(dir_ / "data");
    options.train = 60;
    options.holdout = 12;
    options.unlabelled = 0;
    options.size = 32;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  }

  void RunAndSearch(const std::string& file) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(JoinPath("models/recipes", file)));
    LB_ASSERT_OK_AND_ASSIGN(const Recipe whole, ParseRecipe(text, file));
    const std::string small = CutDown(text, file);
    LB_ASSERT_OK_AND_ASSIGN(const Recipe cut, ParseRecipe(small, file));
    EXPECT_EQ(StagesOf(cut), StagesOf(whole));
    EXPECT_EQ(cut.network.head, whole.network.head);
    EXPECT_EQ(cut.network.embedding_dim, whole.network.embedding_dim);
    ASSERT_THAT(WriteFile(dir_ / file, small), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open({.recipe = dir_ / file,
                                                                 .data = dir_ / "data",
                                                                 .work = dir_ / whole.name,
                                                                 .bundles = dir_ / "bundles"}));
    ASSERT_THAT(pipeline->Run(), IsOk());
    Search(whole.name);
  }

  // CURRENT names no collapsed network: whatever became of this one, its bundle must serve.
  void Search(const std::string& recipe) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string published,
                            ReadFile(dir_ / (recipe + "/published.json")));
    const std::string directory = nlohmann::json::parse(published)["directory"];
    LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenBundle(directory, {}));
    EXPECT_EQ(bundle->manifest.recipe(), recipe);
    LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(bundle->items->item(3).uri));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings query, EmbedImageFile(*bundle, bytes));
    EXPECT_THAT(query.scores, SizeIs(bundle->manifest.classes_size()));
    const QueryOptions options{.top_k = kTopK};
    LB_ASSERT_OK_AND_ASSIGN(const auto found,
                            bundle->index->Search(query.vectors, absl::MakeConstSpan(&options, 1)));
    ASSERT_THAT(found[0], SizeIs(kTopK));
    EXPECT_NEAR(found[0][0].similarity, 1, 1e-4) << "the picture is in the index";
  }

  TempDir dir_;
};

TEST_F(EveryRecipeTest, MakesABundleThatTheEngineServes) {
  LB_ASSERT_OK_AND_ASSIGN(const auto files, ListDirectory("models/recipes"));
  int recipes = 0;
  for (const std::string& file : files) {
    if (!absl::EndsWith(file, ".toml")) continue;
    SCOPED_TRACE(file);
    ++recipes;
    ASSERT_NO_FATAL_FAILURE(RunAndSearch(file));
    ASSERT_THAT(RemoveAll(dir_ / "bundles"), IsOk());
  }
  EXPECT_GE(recipes, 20);
}

}  // namespace
}  // namespace lookbook
