#include "models/commands/reproduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "models/commands/command_line.h"
#include "models/commands/pipeline.h"
#include "models/dataset/synth.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// In this process, so that a test needs no program: what LaunchRun's child does and says.
absl::StatusOr<ChildResult> RunHere(const RunRequest& request) {
  PipelineOptions options;
  options.recipe = request.recipe;
  options.data = request.data;
  options.work = request.work;
  options.bundles = request.bundles;
  const auto pipeline = Pipeline::Open(options);
  const absl::Status status = pipeline.ok() ? (*pipeline)->Run() : pipeline.status();
  const std::string log = absl::StrCat(ReadFile(request.log).value_or(""), status.message(), "\n");
  EXPECT_THAT(WriteFile(request.log, log), IsOk());
  return ChildResult{.exit_code = ExitCode(status), .peak_rss_bytes = 1 << 20};
}

// Lines that a recipe has beside what all of them have.
struct Extra {
  std::string network, data, stage;
};

std::string RecipeText(const std::string& name, const Extra& extra) {
  return absl::StrCat("name = \"", name,
                      "\"\nthreads = 1\n[data]\nsplit = \"random 80/20\"\nimage_size = 64\n"
                      "workers = 1\n",
                      extra.data, "\n[network]\nbackbone = \"mobilenet_v2\"\n", extra.network,
                      "\n[[stage]]\nname = \"all\"\nepochs = 40\nbatch_size = 8\n", extra.stage,
                      "\n");
}

class ReproduceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = new TempDir();
    SynthOptions options = TinySynthOptions(*data_ / "outfits");
    options.train = 50;
    options.holdout = 20;
    options.unlabelled = 0;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  }
  static void TearDownTestSuite() { delete data_; }

  // Writes the recipe into recipes/.
  void Add(const std::string& name, const Extra& extra = {}) {
    ASSERT_THAT(MakeDirectories(dir_ / "recipes"), IsOk());
    ASSERT_THAT(WriteFile(dir_ / ("recipes/" + name + ".toml"), RecipeText(name, extra)), IsOk());
  }
  // The data in copy/, all of it in train.csv.
  void CopyWithoutHoldout() {
    std::filesystem::copy(*data_ / "outfits", dir_ / "copy",
                          std::filesystem::copy_options::recursive);
    ASSERT_THAT(RemoveAll(dir_ / "copy/holdout.csv"), IsOk());
  }
  ReproduceOptions Options() {
    ReproduceOptions options;
    options.recipes = {dir_ / "recipes"};
    options.data = *data_ / "outfits";
    options.out = dir_ / "study";
    options.overrides = {.backbone = "small_cnn", .image_size = 32, .max_images = 24};
    options.bootstrap.resamples = 50;
    options.launch = [this](const RunRequest& request) {
      ++launched_;
      return RunHere(request);
    };
    return options;
  }
  absl::Status Run(const ReproduceOptions& options) {
    ::testing::internal::CaptureStdout();
    const absl::Status status = Reproduce(options);
    printed_ = ::testing::internal::GetCapturedStdout();
    return status;
  }
  nlohmann::json Study() { return nlohmann::json::parse(*ReadFile(dir_ / "study/study.json")); }

  static TempDir* data_;
  TempDir dir_;
  int launched_ = 0;
  std::string printed_;
};
TempDir* ReproduceTest::data_ = nullptr;

std::vector<std::string> Names(const nlohmann::json& study) {
  std::vector<std::string> out;
  for (const nlohmann::json& row : study["rows"]) out.push_back(row["run"]);
  return out;
}

TEST_F(ReproduceTest, EveryRecipeIsARowOnTheSameQueriesBesideWhatAllMustBeat) {
  // These learn the same as bce, by settings that do not matter here.
  Add("bce");
  Add("supcon", {.stage = "guard = { patience = 9 }"});
  Add("study_bce", {.stage = "guard = { patience = 8 }"});
  ASSERT_THAT(Run(Options()), IsOk());
  const nlohmann::json study = Study();
  EXPECT_THAT(Names(study), ElementsAre("chance", "label frequency", "raw pixels 8x8",
                                        "random_probe", "bce", "study_bce", "supcon"));
  EXPECT_EQ(study["queries"], 20) << "of holdout.csv";
  const nlohmann::json& row = study["rows"][4];
  EXPECT_EQ(row["backbone"], "small_cnn");
  EXPECT_EQ(row["length"], "3 steps") << "24 images in batches of 8";
  EXPECT_EQ(row["dim"], 192);
  EXPECT_EQ(row["peak_rss_bytes"], 1 << 20);
  EXPECT_GT(row["parameters"], 100'000);
  const double map = row["values"]["map"];
  EXPECT_LE(row["intervals"]["map"][0], map);
  EXPECT_GE(row["intervals"]["map"][1], map);
  // The numbers are those of the run's own evaluation of the same set.
  const nlohmann::json evaluation =
      nlohmann::json::parse(*ReadFile(dir_ / "study/runs/bce/evaluation.json"));
  EXPECT_EQ(evaluation["split"], "holdout");
  EXPECT_NEAR(evaluation["values"]["map"], map, 1e-6);
  EXPECT_NEAR(evaluation["values"]["ndcg_at_10"], row["values"]["ndcg_at_10"], 1e-6);
  // The same model under two names: nothing is better than anything.
  ASSERT_THAT(study["pairs"], SizeIs(2));
  for (const nlohmann::json& pair : study["pairs"]) {
    for (const nlohmann::json& metric : pair["metrics"]) {
      EXPECT_EQ(metric["difference"], 0) << pair.dump();
      EXPECT_EQ(metric["verdict"], "no claim");
    }
  }
  LB_ASSERT_OK_AND_ASSIGN(const std::string markdown, ReadFile(dir_ / "study/study.md"));
  EXPECT_THAT(markdown, AllOf(HasSubstr("| bce | small_cnn | He | bce |"),
                              HasSubstr("network small_cnn"), HasSubstr("## T3")));
  EXPECT_THAT(printed_, HasSubstr("raw pixels 8x8"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "study/study.html"));
  EXPECT_THAT(html, AllOf(HasSubstr("study_bce"), HasSubstr("supcon")));
}

// What one network and one budget for all do to recipes that differ in nothing else.
TEST_F(ReproduceTest, ARecipeThatComesToTheSameIsNotRunTwice) {
  Add("bce");
  Add("supcon");
  Add("other", {.stage = "ema = 0.9"});
  ReproduceOptions options = Options();
  options.pairs = {"supcon:other"};
  ASSERT_THAT(Run(options), IsOk());
  EXPECT_EQ(launched_, 3) << "and the random network";
  const nlohmann::json study = Study();
  ASSERT_THAT(Names(study), ElementsAre("chance", "label frequency", "raw pixels 8x8",
                                        "random_probe", "bce", "other", "supcon"));
  EXPECT_EQ(study["rows"][6]["same_as"], "bce");
  EXPECT_TRUE(study["rows"][6]["values"].empty());
  EXPECT_EQ(study["rows"][6]["length"], "3 steps");
  ASSERT_THAT(study["pairs"], SizeIs(1)) << "bce against supcon is a question no longer";
  EXPECT_EQ(study["pairs"][0]["a"], "bce") << "which was run";
  EXPECT_EQ(study["pairs"][0]["b"], "other");
  EXPECT_THAT(printed_, HasSubstr("same as bce"));
}

TEST_F(ReproduceTest, ARecipeThatFailsIsARowAndTheOthersGoOn) {
  Add("a", {.network = "init = \"bundle:/no/such/folder\""});
  Add("b", {.stage = "ema = 0.9"});
  ReproduceOptions options = Options();
  options.overrides.pretrained = "bundle:" + (dir_ / "nothing");
  EXPECT_THAT(Run(options),
              StatusIs(absl::StatusCode::kUnknown, HasSubstr("1 of 3 recipes have no figures: a")));
  const nlohmann::json study = Study();
  ASSERT_THAT(study["rows"], SizeIs(6));
  EXPECT_THAT(study["rows"][4]["failure"].get<std::string>(),
              AllOf(HasSubstr("exit code 2"), HasSubstr(dir_ / "nothing")));
  EXPECT_EQ(study["rows"][5]["failure"], "");
  EXPECT_TRUE(study["rows"][5]["values"].contains("map"));
}

// CURRENT does not name its bundle, the study measures it all the same.
TEST_F(ReproduceTest, ACollapseThatWasOnlyWatchedIsMeasured) {
  const std::string collapsing =
      "ema = 0\noptimizer = { name = \"sgd\", lr = 1, momentum = 0, weight_decay = 1 }\n"
      "schedule = { name = \"constant\", warmup = 0 }\nclip_norm = 1e-6\nkeep = \"last\"\n"
      "guard = { action = \"report\" }\n";
  Add("a", {.stage = collapsing});
  ASSERT_THAT(Run(Options()), IsOk());
  const nlohmann::json study = Study();
  int measured = 0;
  for (const nlohmann::json& row : study["rows"]) {
    if (row["run"] != "a") continue;
    EXPECT_EQ(row["failure"], "");
    measured += row["values"].contains("map");
  }
  EXPECT_EQ(measured, 1);
}

TEST_F(ReproduceTest, TheSameCommandGoesOnWhereItWas) {
  Add("a");
  Add("b", {.stage = "ema = 0.9"});
  ReproduceOptions options = Options();
  options.launch = [&](const RunRequest& request) -> absl::StatusOr<ChildResult> {
    if (absl::StrContains(request.work, "/b")) return ChildResult{.exit_code = kExitInterrupted};
    return RunHere(request);
  };
  EXPECT_THAT(Run(options), StatusIs(absl::StatusCode::kCancelled));
  const auto made = std::filesystem::last_write_time(dir_ / "study/runs/a/train/weights.pt");
  ASSERT_THAT(Run(Options()), IsOk());
  EXPECT_EQ(std::filesystem::last_write_time(dir_ / "study/runs/a/train/weights.pt"), made);
  EXPECT_THAT(printed_, HasSubstr("train    unchanged, kept"));
  EXPECT_THAT(Names(Study()), SizeIs(6));
}

TEST_F(ReproduceTest, WithoutAHoldoutTheTestPartOfOneSplitAsks) {
  CopyWithoutHoldout();
  Add("a", {.data = "holdout_csv = \"holdout.csv\""});  // Which this set does not have.
  ReproduceOptions options = Options();
  options.data = dir_ / "copy";
  ASSERT_THAT(Run(options), IsOk());
  const nlohmann::json split = nlohmann::json::parse(*ReadFile(dir_ / "study/runs/a/split.json"));
  EXPECT_EQ(Study()["queries"], split["test"].size());
  EXPECT_GT(split["test"].size(), 2u);
  LB_ASSERT_OK_AND_ASSIGN(const std::string recipe, ReadFile(dir_ / "study/recipes/a.toml"));
  EXPECT_THAT(recipe, HasSubstr("#   data.split = stratified 80/10/10"));
}

// A recipe that keeps near duplicates together must not draw another split than the queries'.
TEST_F(ReproduceTest, NoRowIsMeasuredOnPicturesThatItWasTrainedOn) {
  CopyWithoutHoldout();
  // Pairs of the same look, which the common split would tear apart.
  std::vector<std::filesystem::path> pictures;
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "copy/train"))
    pictures.push_back(entry.path());
  std::sort(pictures.begin(), pictures.end());
  for (size_t i = 0; i + 1 < pictures.size(); i += 2) {
    std::filesystem::copy_file(pictures[i], pictures[i + 1],
                               std::filesystem::copy_options::overwrite_existing);
  }
  Add("a", {.data = "group_near_duplicates = true"});
  Add("b", {.stage = "ema = 0.9"});
  ReproduceOptions options = Options();
  options.data = dir_ / "copy";
  ASSERT_THAT(Run(options), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string a, ReadFile(dir_ / "study/runs/a/split.json"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string b, ReadFile(dir_ / "study/runs/b/split.json"));
  EXPECT_EQ(a, b);
  EXPECT_EQ(nlohmann::json::parse(a)["group_near_duplicates"], true);
  EXPECT_EQ(Study()["queries"], nlohmann::json::parse(a)["test"].size());
  EXPECT_THAT(Study()["settings"].dump(), HasSubstr("near duplicates in one part"));
}

TEST_F(ReproduceTest, ABundleThatHoldsAQueryIsNoRow) {
  CopyWithoutHoldout();
  Add("a");
  ReproduceOptions options = Options();
  options.data = dir_ / "copy";
  options.launch = [&](const RunRequest& request) {
    // As somebody who thinks that more pictures are better would.
    const std::string text = ReadFile(request.recipe).value_or("");
    EXPECT_THAT(
        WriteFile(request.recipe, absl::StrReplaceAll(text, {{"stratified 80/10/10", "all"}})),
        IsOk());
    return RunHere(request);
  };
  EXPECT_THAT(Run(options),
              StatusIs(absl::StatusCode::kUnknown, HasSubstr("2 of 2 recipes have no figures: ")));
  EXPECT_TRUE(PathExists(dir_ / "study/runs/a/published.json")) << "it left a bundle all the same";
  EXPECT_THAT(Study()["rows"].back()["failure"].get<std::string>(), HasSubstr("trained on"));
}

TEST_F(ReproduceTest, WhatCannotWorkIsSaidBeforeAnythingRuns) {
  Add("a", {.network = "init = \"weights/mobilenet_v2.pth\""});
  ReproduceOptions options = Options();
  EXPECT_THAT(Run(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                     AllOf(HasSubstr("\"a\""), HasSubstr("--pretrained"))));
  options.overrides.pretrained = "bundle:x";
  options.pairs = {"a:z"};
  EXPECT_THAT(Run(options), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"z\"")));
  options.pairs.clear();
  options.recipes.push_back(dir_ / "recipes/a.toml");
  EXPECT_THAT(Run(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                     HasSubstr("two recipes are called \"a\"")));
  options.recipes = {dir_ / "none.toml"};
  EXPECT_THAT(Run(options), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(launched_, 0);
}

int Type(std::vector<const char*> args) {
  args.insert(args.begin(), "lookbook-train");
  return ParseAndRun(static_cast<int>(args.size()), args.data());
}

TEST_F(ReproduceTest, FlagsThatDoNotGoTogetherAreWrongUsage) {
  EXPECT_EQ(Type({"reproduce", "--data", "d"}), kExitUsage) << "no recipes";
  EXPECT_EQ(
      Type({"reproduce", "--recipes", "r", "--data", "d", "--epochs", "1", "--max-images", "9"}),
      kExitUsage);
  EXPECT_EQ(Type({"reproduce", "--recipes", "r", "--data", "no/such/data"}), kExitUsage);
}

}  // namespace
}  // namespace lookbook
