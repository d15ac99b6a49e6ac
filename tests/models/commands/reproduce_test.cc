#include "models/commands/reproduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

std::string RecipeText(const std::string& name, const std::string& network = "") {
  return absl::StrCat("name = \"", name,
                      "\"\nthreads = 1\n[data]\nsplit = \"random 80/20\"\nimage_size = 64\n"
                      "workers = 1\n[network]\nbackbone = \"mobilenet_v2\"\n",
                      network, "\n[[stage]]\nname = \"all\"\nepochs = 40\nbatch_size = 8\n");
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
  void Add(const std::string& name, const std::string& network = "") {
    ASSERT_THAT(MakeDirectories(dir_ / "recipes"), IsOk());
    ASSERT_THAT(WriteFile(dir_ / ("recipes/" + name + ".toml"), RecipeText(name, network)), IsOk());
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
  Add("bce");
  Add("supcon");
  Add("study_bce");
  ASSERT_THAT(Run(Options()), IsOk());
  const nlohmann::json study = Study();
  EXPECT_THAT(Names(study), ElementsAre("chance", "label frequency", "raw pixels 8x8", "bce",
                                        "study_bce", "supcon"));
  EXPECT_EQ(study["queries"], 20) << "of holdout.csv";
  const nlohmann::json& row = study["rows"][3];
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
  // The same recipe under two names gives the same model, so nothing is better than anything.
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

TEST_F(ReproduceTest, ARecipeThatFailsIsARowAndTheOthersGoOn) {
  Add("a", "init = \"bundle:/no/such/folder\"");
  Add("b");
  ReproduceOptions options = Options();
  options.overrides.pretrained = "bundle:" + (dir_ / "nothing");
  EXPECT_THAT(Run(options),
              StatusIs(absl::StatusCode::kUnknown, HasSubstr("1 of 2 recipes left no bundle: a")));
  const nlohmann::json study = Study();
  ASSERT_THAT(study["rows"], SizeIs(5));
  EXPECT_THAT(study["rows"][3]["failure"].get<std::string>(),
              AllOf(HasSubstr("exit code 2"), HasSubstr(dir_ / "nothing")));
  EXPECT_EQ(study["rows"][4]["failure"], "");
  EXPECT_TRUE(study["rows"][4]["values"].contains("map"));
}

// CURRENT does not name its bundle, the study measures it all the same.
TEST_F(ReproduceTest, ACollapseThatWasOnlyWatchedIsMeasured) {
  const std::string collapsing =
      "optimizer = { name = \"sgd\", lr = 1, weight_decay = 1 }\n"
      "schedule = { name = \"constant\", warmup = 0 }\nclip_norm = 1e-6\nkeep = \"last\"\n"
      "guard = { action = \"report\" }\n";
  Add("a");
  ASSERT_THAT(WriteFile(dir_ / "recipes/a.toml", RecipeText("a") + collapsing), IsOk());
  ASSERT_THAT(Run(Options()), IsOk());
  int measured = 0;
  for (const nlohmann::json& row : Study()["rows"]) {
    if (row["run"] != "a") continue;
    EXPECT_EQ(row["failure"], "");
    measured += row["values"].contains("map");
  }
  EXPECT_EQ(measured, 1);
}

TEST_F(ReproduceTest, TheSameCommandGoesOnWhereItWas) {
  Add("a");
  Add("b");
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
  EXPECT_THAT(Names(Study()), SizeIs(5));
}

TEST_F(ReproduceTest, WithoutAHoldoutTheTestPartOfOneSplitAsks) {
  std::filesystem::copy(*data_ / "outfits", dir_ / "copy",
                        std::filesystem::copy_options::recursive);
  ASSERT_THAT(RemoveAll(dir_ / "copy/holdout.csv"), IsOk());
  Add("a");
  ReproduceOptions options = Options();
  options.data = dir_ / "copy";
  ASSERT_THAT(Run(options), IsOk());
  const nlohmann::json split = nlohmann::json::parse(*ReadFile(dir_ / "study/runs/a/split.json"));
  EXPECT_EQ(Study()["queries"], split["test"].size());
  EXPECT_GT(split["test"].size(), 2u);
  LB_ASSERT_OK_AND_ASSIGN(const std::string recipe, ReadFile(dir_ / "study/recipes/a.toml"));
  EXPECT_THAT(recipe, HasSubstr("#   data.split = stratified 80/10/10"));
}

TEST_F(ReproduceTest, WhatCannotWorkIsSaidBeforeAnythingRuns) {
  Add("a", "init = \"weights/mobilenet_v2.pth\"");
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
