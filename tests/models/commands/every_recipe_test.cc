// Every recipe of models/recipes and the folders in it, cut down to seconds, becomes a bundle that
// the engine loads and searches. Losses, heads and stages are the recipe's own; the backbone is the
// small one. Where LOOKBOOK_EVERY_RECIPE names a folder, data set and bundles stay there:
// tests/e2e/every_recipe_test.py has them served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/sha256.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/manifest.h"
#include "models/commands/pipeline.h"
#include "models/dataset/synth.h"
#include "models/recipe/recipe.h"
#include "models/recipe/table_reader.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

constexpr char kRecipes[] = "models/recipes";
constexpr int kTopK = 5;

// Paths below kRecipes, sorted.
std::vector<std::string> RecipeFiles() {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(kRecipes, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".toml")
      out.push_back(at->path().lexically_relative(kRecipes).string());
  }
  EXPECT_FALSE(error) << error.message();
  std::sort(out.begin(), out.end());
  return out;
}

// "study/triplet.toml" -> "study-triplet": a folder of its own, whatever the recipe calls itself.
std::string KeyOf(const std::string& file) {
  return absl::StrReplaceAll(absl::StripSuffix(file, ".toml"), {{"/", "-"}});
}

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
    if (const char* kept = std::getenv("LOOKBOOK_EVERY_RECIPE"); kept != nullptr) root_ = kept;
    for (const char* folder : {"data", "bundles"})
      ASSERT_THAT(RemoveAll(JoinPath(root_, folder)), IsOk());
    SynthOptions options = TinySynthOptions(JoinPath(root_, "data"));
    options.train = 60;
    options.holdout = 12;
    options.unlabelled = 0;
    options.size = 32;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  }

  void RunAndSearch(const std::string& file) {
    const std::string key = KeyOf(file);
    const std::string work = dir_ / key;
    ASSERT_FALSE(PathExists(work));
    LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(JoinPath(kRecipes, file)));
    LB_ASSERT_OK_AND_ASSIGN(const Recipe whole, ParseRecipe(text, file));
    const std::string small = CutDown(text, file);
    LB_ASSERT_OK_AND_ASSIGN(const Recipe cut, ParseRecipe(small, file));
    EXPECT_EQ(StagesOf(cut), StagesOf(whole));
    EXPECT_EQ(cut.network.head, whole.network.head);
    EXPECT_EQ(cut.network.embedding_dim, whole.network.embedding_dim);
    ASSERT_THAT(WriteFile(dir_ / "recipe.toml", small), IsOk());
    const std::string bundles = JoinPath(root_, "bundles/" + key);
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open({.recipe = dir_ / "recipe.toml",
                                                                 .data = JoinPath(root_, "data"),
                                                                 .work = work,
                                                                 .bundles = bundles}));
    ASSERT_THAT(pipeline->Run(), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(const std::string text_of, ReadFile(work + "/published.json"));
    const nlohmann::json published = nlohmann::json::parse(text_of);
    ASSERT_NO_FATAL_FAILURE(Search(published["directory"], whole.name));
    ASSERT_NO_FATAL_FAILURE(Activate(bundles, published["bundle_id"]));
  }

  // Publishing makes CURRENT name no collapsed network: whatever became of this one, its bundle
  // must serve, as after `lookbook activate`.
  void Activate(const std::string& bundles, const std::string& id) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string sha256,
                            Sha256OfFile(JoinPath(bundles, id + "/" + kManifestFile)));
    ASSERT_THAT(WriteCurrent(bundles, {.bundle_id = id, .manifest_sha256 = sha256}), IsOk());
  }

  void Search(const std::string& directory, const std::string& recipe) {
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
  std::string root_ = dir_.path();  // Of data set and bundles.
};

TEST_F(EveryRecipeTest, MakesABundleThatTheEngineServes) {
  const std::vector<std::string> files = RecipeFiles();
  EXPECT_GE(files.size(), 28u);
  EXPECT_THAT(files, Contains("study/triplet.toml"));
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    ASSERT_NO_FATAL_FAILURE(RunAndSearch(file));
  }
}

}  // namespace
}  // namespace lookbook
