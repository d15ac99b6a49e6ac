#include "models/commands/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/sha256.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/calibration.h"
#include "engine/embed/torch_cuda.h"
#include "models/commands/calibration_file.h"
#include "models/dataset/synth.h"
#include "models/train/weights.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kRecipe[] = R"(name = "test"
threads = 1
[data]
holdout_csv = "holdout.csv"
split = "random 80/20"
image_size = 32
workers = 1
[[stage]]
name = "all"
steps = 6
batch_size = 8
)";

class PipelineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = new TempDir();
    SynthOptions options = TinySynthOptions(*data_ / "outfits");
    options.train = 50;
    options.holdout = 20;
    options.unlabelled = 30;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
  }
  static void TearDownTestSuite() { delete data_; }

  PipelineOptions Options(const std::string& recipe = kRecipe) {
    EXPECT_THAT(WriteFile(dir_ / "test.toml", recipe), IsOk());
    PipelineOptions options;
    options.recipe = dir_ / "test.toml";
    options.data = *data_ / "outfits";
    options.work = dir_ / "work";
    options.bundles = dir_ / "bundles";
    return options;
  }
  // What Run() printed.
  std::string Run(const PipelineOptions& options, absl::StatusCode want = absl::StatusCode::kOk) {
    ::testing::internal::CaptureStdout();
    auto pipeline = Pipeline::Open(options);
    const absl::Status status = pipeline.ok() ? (*pipeline)->Run() : pipeline.status();
    const std::string out = ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(status.code(), want) << status.ToString();
    return out;
  }
  // The same with a data set of this test's own.
  PipelineOptions CopiedData(PipelineOptions options) {
    options.data = dir_ / "copy";
    std::filesystem::copy(*data_ / "outfits", options.data,
                          std::filesystem::copy_options::recursive);
    return options;
  }
  // Swaps a training image for one of the validation in work/split.json; returns the new text.
  std::string EditSplit() {
    nlohmann::json split = nlohmann::json::parse(*ReadFile(dir_ / "work/split.json"));
    std::swap(split["train"][0], split["validation"][0]);
    for (const char* part : {"train", "validation"})
      std::sort(split[part].begin(), split[part].end());
    const std::string text = split.dump(1) + "\n";
    EXPECT_THAT(WriteFile(dir_ / "work/split.json", text), IsOk());
    return text;
  }
  static int Count(const std::string& text, const std::string& part) {
    int count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++count;
    return count;
  }

  static TempDir* data_;
  TempDir dir_;
};
TempDir* PipelineTest::data_ = nullptr;

TEST_F(PipelineTest, RunMakesABundleThatServesAndSaysWhatItIsWorth) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
  EXPECT_EQ(bundle->items->size(), 40);  // The training part of 50.
  EXPECT_EQ(bundle->index->size(), 40);
  EXPECT_EQ(bundle->manifest.recipe(), "test");
  EXPECT_EQ(bundle->manifest.recipe_toml(), kRecipe);
  EXPECT_EQ(bundle->manifest.evaluation().split(), "holdout");
  EXPECT_EQ(bundle->manifest.evaluation().images(), 20u);
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/evaluation.json"));
  const nlohmann::json evaluation = nlohmann::json::parse(text);
  EXPECT_EQ(evaluation["values"]["map"].get<double>(),
            bundle->manifest.evaluation().values().at("map"));
  EXPECT_EQ(evaluation["gallery"]["items"], 40) << "against the index, too";
  EXPECT_EQ(evaluation["gallery"]["own_items"], 0) << "no holdout picture is in it";
  EXPECT_EQ(bundle->manifest.evaluation().values().count("gallery_ndcg_at_10"), 1u);
  LB_ASSERT_OK_AND_ASSIGN(const std::string split, ReadFile(dir_ / "work/split.json"));
  EXPECT_EQ(bundle->manifest.split_sha256(), Sha256Hex(split));
  LB_ASSERT_OK_AND_ASSIGN(const std::string published, ReadFile(dir_ / "work/published.json"));
  EXPECT_EQ(nlohmann::json::parse(published)["bundle_id"], bundle->id);
  int64_t support = 0;
  for (const auto& entry : bundle->manifest.classes())
    support += static_cast<int64_t>(entry.support());
  EXPECT_GE(support, 40);
}

TEST_F(PipelineTest, AnIndexedImageFindsItself) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
  for (const int64_t row : {0, 17, 39}) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(bundle->items->item(row).uri));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings query, EmbedImageFile(*bundle, bytes));
    const QueryOptions options{.top_k = 1};
    LB_ASSERT_OK_AND_ASSIGN(const auto found,
                            bundle->index->Search(query.vectors, absl::MakeConstSpan(&options, 1)));
    EXPECT_EQ(found[0][0].row, row);
    EXPECT_NEAR(found[0][0].similarity, 1, 1e-5);
  }
}

TEST_F(PipelineTest, ASecondRunKeepsEverything) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile before, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(Count(Run(Options()), "unchanged, kept"), 7);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile after, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(before.bundle_id, after.bundle_id);
}

TEST_F(PipelineTest, ChangedInputsRunTheStepsThatDependOnThem) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const std::string weights, Sha256OfFile(dir_ / "work/train/weights.pt"));
  // Another root: only the publishing is new, and the report, which names the bundle.
  PipelineOptions elsewhere = Options();
  elsewhere.bundles = dir_ / "other";
  EXPECT_EQ(Count(Run(elsewhere), "unchanged, kept"), 5);
  EXPECT_THAT(ReadCurrent(dir_ / "other"), IsOk());
  // A damaged model is exported again, and is the same.
  ASSERT_THAT(WriteFile(dir_ / "work/export/model.ts", "damaged"), IsOk());
  EXPECT_EQ(Count(Run(elsewhere), "export   unchanged"), 0);
  // Another recipe: everything, the old checkpoint is not mixed in.
  EXPECT_EQ(Count(Run(Options(absl::StrReplaceAll(kRecipe, {{"steps = 6", "steps = 7"}}))),
                  "unchanged, kept"),
            0);
  LB_ASSERT_OK_AND_ASSIGN(const std::string other, Sha256OfFile(dir_ / "work/train/weights.pt"));
  EXPECT_NE(weights, other);
}

// What an earlier version of the program left is not called unchanged.
TEST_F(PipelineTest, AnotherFormatIsMadeAnewWithWhatDependsOnIt) {
  PipelineOptions before = Options();
  before.formats = {.export_model = 1, .index = 1, .calibrate = 1, .evaluate = 1};
  Run(before);
  std::string out = Run(Options());
  for (const char* step : {"train    ", "export   ", "index    "})
    EXPECT_EQ(Count(out, absl::StrCat(step, "unchanged, kept")), 1) << out;
  for (const char* step : {"calibrate unchanged", "evaluate unchanged"})
    EXPECT_EQ(Count(out, step), 0) << out;
  PipelineOptions next = Options();
  ++next.formats.evaluate;
  out = Run(next);
  EXPECT_EQ(Count(out, "calibrate unchanged, kept"), 1) << out;
  EXPECT_EQ(Count(out, "evaluate unchanged, kept"), 0) << out;
  ++next.formats.index;
  out = Run(next);
  EXPECT_EQ(Count(out, "export   unchanged, kept"), 1) << out;
  EXPECT_EQ(Count(out, "index    unchanged, kept"), 0) << out;
  ++next.formats.export_model;
  out = Run(next);
  EXPECT_EQ(Count(out, "train    unchanged, kept"), 1) << out;
  EXPECT_EQ(Count(out, "export   unchanged, kept"), 0) << out;
  EXPECT_EQ(Count(Run(next), "unchanged, kept"), 7);
}

// A step alone does not go on from what another version made.
TEST_F(PipelineTest, AStepAloneNamesTheStepOfAnotherFormat) {
  PipelineOptions before = Options();
  --before.formats.calibrate;
  Run(before);
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(Options()));
  EXPECT_THAT(pipeline->Evaluate(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                             HasSubstr("run `lookbook-train calibrate")));
}

TEST_F(PipelineTest, FreshDoesAllAgainWithTheSameResult) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const std::string weights, Sha256OfFile(dir_ / "work/train/weights.pt"));
  PipelineOptions options = Options();
  options.fresh = true;
  EXPECT_EQ(Count(Run(options), "unchanged, kept"), 0);
  LB_ASSERT_OK_AND_ASSIGN(LoadedNetwork network, LoadWeights(dir_ / "work/train/weights.pt"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string again, Sha256OfFile(dir_ / "work/train/weights.pt"));
  EXPECT_EQ(weights, again);
}

// Every weight shrinks to nothing within a step.
std::string CollapsingRecipe(const std::string& guard) {
  return absl::StrCat(
      kRecipe, "ema = 0\noptimizer = { name = \"sgd\", lr = 1, momentum = 0, weight_decay = 1 }\n",
      "schedule = { name = \"constant\", warmup = 0 }\nclip_norm = 1e-6\n", "guard = { action = \"",
      guard, "\" }\n");
}

TEST_F(PipelineTest, ACollapsedTrainingEndsTheRunAndCurrentStays) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile before, ReadCurrent(dir_ / "bundles"));
  Run(Options(CollapsingRecipe("restore")), absl::StatusCode::kAborted);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile after, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(before.bundle_id, after.bundle_id);
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline,
                          Pipeline::Open(Options(CollapsingRecipe("restore"))));
  EXPECT_THAT(pipeline->Publish(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(PipelineTest, ACollapsedTrainingLeavesAReport) {
  Run(Options());  // Which leaves an evaluation that is not of what comes now.
  const PipelineOptions options = Options(CollapsingRecipe("restore"));
  {
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
    EXPECT_THAT(pipeline->Train(),
                StatusIs(absl::StatusCode::kAborted,
                         AllOf(HasSubstr("collapsed"), HasSubstr(dir_ / "work/report.html"))));
  }
  for (const bool again : {false, true}) {
    SCOPED_TRACE(again);
    LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "work/report.html"));
    for (const char* title : {"Result", "Training", "Diagnostics"})
      EXPECT_EQ(Count(html, absl::StrCat("<h2>", title, "</h2>")), 1) << title;
    EXPECT_EQ(Count(html, "<h2>Classes</h2>"), 0);
    EXPECT_THAT(html, AllOf(HasSubstr("guard: red and never green; stopped"),
                            HasSubstr("the embeddings are close to one point")));
    LB_ASSERT_OK_AND_ASSIGN(const std::string metrics, ReadFile(dir_ / "work/metrics.json"));
    EXPECT_EQ(nlohmann::json::parse(metrics)["state"], "collapsed");
    if (again) break;
    ASSERT_THAT(RemoveAll(dir_ / "work/report.html"), IsOk());
    PipelineOptions only_work;
    only_work.work = options.work;
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(only_work));
    EXPECT_THAT(pipeline->Report(), IsOk());
  }
}

// A recipe whose guard only watches leaves a bundle to look at, which nothing serves by itself.
TEST_F(PipelineTest, CurrentNeverNamesACollapsedNetwork) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile before, ReadCurrent(dir_ / "bundles"));
  const PipelineOptions options = Options(CollapsingRecipe("report"));
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile after, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(before.bundle_id, after.bundle_id);
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/published.json"));
  const nlohmann::json published = nlohmann::json::parse(text);
  EXPECT_EQ(published["active"], false);
  EXPECT_THAT(OpenBundle(published["directory"].get<std::string>(), {}), IsOk());
  EXPECT_EQ(Count(Run(options), "unchanged, kept"), 7) << "nor is it tried again";
}

// Labels can be told from a collapsed embedding; pictures cannot be found by one.
TEST_F(PipelineTest, AHeadOnACollapsedBundleDoesNotBecomeCurrent) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile before, ReadCurrent(dir_ / "bundles"));
  Run(Options(CollapsingRecipe("report")));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/published.json"));
  const std::string collapsed = nlohmann::json::parse(text)["directory"];
  PipelineOptions options = Options(absl::StrCat(kRecipe, "freeze = \"backbone\"\n"));
  options.init = absl::StrCat("bundle:", collapsed);
  EXPECT_THAT(Run(options), HasSubstr("; red; weights: "));
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile after, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(before.bundle_id, after.bundle_id);
  options.init = absl::StrCat("bundle:", dir_ / "bundles");  // A sound one.
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile sound, ReadCurrent(dir_ / "bundles"));
  EXPECT_NE(before.bundle_id, sound.bundle_id);
}

TEST_F(PipelineTest, StepsAloneTakeTheRecipeAndDataFromTheWorkFolder) {
  PipelineOptions options = Options();
  options.activate = false;
  {
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
    ASSERT_THAT(pipeline->Train(), IsOk());
  }
  PipelineOptions only_work;
  only_work.work = options.work;
  only_work.bundles = options.bundles;
  only_work.activate = false;
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(only_work));
  ASSERT_THAT(pipeline->Export(), IsOk());
  ASSERT_THAT(pipeline->Index(), IsOk());
  ASSERT_THAT(pipeline->Calibrate(), IsOk());
  ASSERT_THAT(pipeline->Evaluate(), IsOk());
  ASSERT_THAT(pipeline->Publish(), IsOk());
  EXPECT_THAT(ReadCurrent(options.bundles), StatusIs(absl::StatusCode::kNotFound))
      << "not activated";
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(options.bundles));
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_THAT(OpenBundle(JoinPath(options.bundles, names[0]), {}), IsOk());
}

TEST_F(PipelineTest, AStepThatLacksItsInputNamesTheStepToRun) {
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(Options()));
  EXPECT_THAT(pipeline->Export(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("weights.pt"), HasSubstr("lookbook-train train"))));
  EXPECT_THAT(pipeline->Index(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train train")));
  ASSERT_THAT(pipeline->Train(), IsOk());
  EXPECT_THAT(pipeline->Index(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train export")));
  EXPECT_THAT(pipeline->Evaluate(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train export")));
  EXPECT_THAT(pipeline->Calibrate(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train export")));
  ASSERT_THAT(pipeline->Export(), IsOk());
  EXPECT_THAT(pipeline->Calibrate(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train index")));
  EXPECT_THAT(pipeline->Publish(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train index")));
  ASSERT_THAT(pipeline->Index(), IsOk());
  EXPECT_THAT(pipeline->Evaluate(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                             HasSubstr("lookbook-train calibrate")));
  ASSERT_THAT(pipeline->Calibrate(), IsOk());
  EXPECT_THAT(pipeline->Publish(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                            HasSubstr("lookbook-train evaluate")));
}

// All outputs lie in the work folder, but the weights were trained with another recipe, on other
// data or by another split: no step goes on from them and signs for what they have not seen.
TEST_F(PipelineTest, NoStepGoesOnFromWhatOtherInputsMade) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile before, ReadCurrent(dir_ / "bundles"));
  const auto expect_refused = [](const PipelineOptions& options) {
    LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
    for (const absl::Status& status : {pipeline->Export(), pipeline->Index(), pipeline->Calibrate(),
                                       pipeline->Evaluate(), pipeline->Publish()}) {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                   AllOf(HasSubstr("another recipe, data set or split"),
                                         HasSubstr("lookbook-train train"))));
    }
  };
  expect_refused(Options(absl::StrReplaceAll(kRecipe, {{"batch_size = 8", "batch_size = 10"}})));
  const PipelineOptions options = CopiedData(Options());
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(JoinPath(options.data, "train")));
  ASSERT_THAT(RemoveAll(JoinPath(options.data, "train/" + names[0])), IsOk());
  expect_refused(options);
  EXPECT_THAT(Pipeline::Open(Options()), IsOk());  // The split is of these data again.
  EditSplit();
  expect_refused(Options());
  LB_ASSERT_OK_AND_ASSIGN(const CurrentFile after, ReadCurrent(dir_ / "bundles"));
  EXPECT_EQ(before.bundle_id, after.bundle_id);
}

TEST_F(PipelineTest, TheStoredSplitIsTheOneThatCounts) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const std::string drawn, ReadFile(dir_ / "work/split.json"));
  const std::string edited = EditSplit();
  ASSERT_NE(drawn, edited);
  EXPECT_EQ(Count(Run(Options()), "unchanged, kept"), 0) << "trained anew, by the edited split";
  EXPECT_THAT(ReadFile(dir_ / "work/split.json"), IsOkAndHolds(edited));
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
  EXPECT_EQ(bundle->manifest.split_sha256(), Sha256Hex(edited));
  // A damaged one is an error, not a reason to draw another without a word.
  ASSERT_THAT(WriteFile(dir_ / "work/split.json", edited.substr(0, 40)), IsOk());
  EXPECT_THAT(Pipeline::Open(Options()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("work/split.json")));
  // --fresh and another rule draw anew.
  PipelineOptions fresh = Options();
  fresh.fresh = true;
  EXPECT_THAT(Pipeline::Open(fresh), IsOk());
  EXPECT_THAT(ReadFile(dir_ / "work/split.json"), IsOkAndHolds(drawn));
  EditSplit();
  EXPECT_THAT(Pipeline::Open(Options(absl::StrReplaceAll(kRecipe, {{"80/20", "70/30"}}))), IsOk());
  EXPECT_THAT(Pipeline::Open(Options()), IsOk());
  EXPECT_THAT(ReadFile(dir_ / "work/split.json"), IsOkAndHolds(drawn));
}

// The labels are the same, a picture is not.
TEST_F(PipelineTest, AnotherHoldoutPictureIsEvaluatedAgain) {
  const PipelineOptions options = CopiedData(Options());
  Run(options);
  EXPECT_EQ(Count(Run(options), "evaluate unchanged, kept"), 1);
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(JoinPath(options.data, "holdout")));
  const std::string picture = JoinPath(options.data, "holdout/" + names[0]);
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(picture));
  ASSERT_THAT(WriteFile(picture, bytes + "a comment behind the end"), IsOk());
  const std::string out = Run(options);
  EXPECT_EQ(Count(out, "train    unchanged, kept"), 1);
  EXPECT_EQ(Count(out, "index    unchanged, kept"), 1);
  EXPECT_EQ(Count(out, "evaluate unchanged, kept"), 0);
}

// Both pictures are as long as before and have their names: only the times tell.
TEST_F(PipelineTest, PicturesOfOneSizeThatAreExchangedAreTrainedOn) {
  const PipelineOptions options = CopiedData(Options());
  ASSERT_THAT(Pipeline::Open(options), IsOk());
  const nlohmann::json split = nlohmann::json::parse(*ReadFile(dir_ / "work/split.json"));
  const auto picture = [&](int i) {
    return JoinPath(options.data,
                    absl::StrCat("train/", split["train"][i].get<std::string>(), ".jpg"));
  };
  const std::string a = picture(1), b = picture(2);  // Not the first, which EditSplit takes out.
  // Readers of JPEG stop at the end of the picture.
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes_a, ReadFile(a));
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes_b, ReadFile(b));
  const size_t size = std::max(bytes_a.size(), bytes_b.size());
  bytes_a.resize(size);
  bytes_b.resize(size);
  ASSERT_NE(bytes_a, bytes_b);
  const auto put = [&](const std::string& first, const std::string& second, int hour) {
    ASSERT_THAT(WriteFile(a, first), IsOk());
    ASSERT_THAT(WriteFile(b, second), IsOk());
    for (const std::string& path : {a, b}) {
      std::filesystem::last_write_time(
          path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hour));
    }
  };
  put(bytes_a, bytes_b, 1);
  Run(options);
  const std::string edited = EditSplit();
  Run(options);
  EXPECT_EQ(Count(Run(options), "unchanged, kept"), 7);
  LB_ASSERT_OK_AND_ASSIGN(const std::string before, Sha256OfFile(dir_ / "work/train/weights.pt"));
  put(bytes_b, bytes_a, 2);
  EXPECT_EQ(Count(Run(options), "train    unchanged, kept"), 0);
  LB_ASSERT_OK_AND_ASSIGN(const std::string after, Sha256OfFile(dir_ / "work/train/weights.pt"));
  EXPECT_NE(before, after);
  EXPECT_THAT(ReadFile(dir_ / "work/split.json"), IsOkAndHolds(edited)) << "by the edited split";
}

// `bad` rows of a class that no one knows.
void SpoilRows(const std::string& csv, int bad) {
  LB_ASSERT_OK_AND_ASSIGN(std::string text, ReadFile(csv));
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ASSERT_GT(lines.size(), 1u);
  const std::vector<std::string> cells = absl::StrSplit(lines[1], ',');
  const std::string& id = cells[0];
  for (int i = 0; i < bad; ++i) absl::StrAppend(&text, id, ",1 1,64,64,", 900 + i, ",\n");
  ASSERT_THAT(WriteFile(csv, text), IsOk());
}

TEST_F(PipelineTest, StrictRefusesTheHoldoutsProblemsBeforeTheTraining) {
  PipelineOptions options = CopiedData(Options());
  SpoilRows(JoinPath(options.data, "train.csv"), 1);
  SpoilRows(JoinPath(options.data, "holdout.csv"), 2);
  options.strict = true;
  ::testing::internal::CaptureStderr();
  auto pipeline = Pipeline::Open(options);
  const absl::Status status = pipeline.ok() ? (*pipeline)->Run() : pipeline.status();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("data     train.csv:"), HasSubstr("data     holdout.csv:")));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                               AllOf(HasSubstr("3 problems: 3 unknown class id"),
                                     HasSubstr("--strict accepts none"),
                                     HasSubstr(dir_ / "work/problems.txt"))));
  EXPECT_FALSE(PathExists(dir_ / "work/train"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/problems.txt"));
  EXPECT_THAT(text, AllOf(HasSubstr("train.csv:"), HasSubstr(": 901 (unknown class id)\n"),
                          HasSubstr("holdout.csv:")));
  // Without it they are counted, before anything is done.
  options.strict = false;
  LB_ASSERT_OK_AND_ASSIGN(pipeline, Pipeline::Open(options));
  EXPECT_EQ((*pipeline)->problems().Summary(), "3 problems: 3 unknown class id");
}

TEST_F(PipelineTest, EveryProblemIsALineOfTheWorkFolder) {
  const PipelineOptions options = CopiedData(Options());
  SpoilRows(JoinPath(options.data, "train.csv"), 9);
  for (const char* name : {"train/train_000001.jpg", "holdout/holdout_000001.jpg"})
    ASSERT_THAT(WriteFile(JoinPath(options.data, name), "broken"), IsOk());
  const auto problems = [&] { return ReadFile(dir_ / "work/problems.txt").value_or(""); };
  ::testing::internal::CaptureStderr();
  Run(options);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr(": 904 (unknown class id)"), Not(HasSubstr(": 905 (unknown")),
                    HasSubstr("… and 4 more (unknown class id)")));
  const std::string all = problems();
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(Count(all, absl::StrCat(": ", 900 + i, " (unknown class id)\n")), 1) << i;
  EXPECT_EQ(Count(all, "(unreadable image)\n"), 2);
  EXPECT_THAT(all, EndsWith("\n11 problems: 9 unknown class id, 2 unreadable image\n"));
  // Steps that are kept do not meet the pictures again.
  EXPECT_EQ(Count(Run(options), "unchanged, kept"), 7);
  EXPECT_EQ(Count(problems(), "(unreadable image)\n"), 2);
  EXPECT_THAT(problems(), EndsWith("\n11 problems: 9 unknown class id, 2 unreadable image\n"));
  // A holdout that is mended leaves the rest.
  std::filesystem::copy_file(*data_ / "outfits/holdout/holdout_000001.jpg",
                             JoinPath(options.data, "holdout/holdout_000001.jpg"),
                             std::filesystem::copy_options::overwrite_existing);
  Run(options);
  EXPECT_THAT(problems(), EndsWith("\n10 problems: 9 unknown class id, 1 unreadable image\n"));
  Run(Options());  // Other data, without any.
  EXPECT_FALSE(PathExists(dir_ / "work/problems.txt"));
}

TEST_F(PipelineTest, NamesThatAreNotUtf8AreRefusedBeforeTheTraining) {
  PipelineOptions options = Options();
  options.data = dir_ / "caf\xe9";
  std::filesystem::copy(*data_ / "outfits", options.data, std::filesystem::copy_options::recursive);
  EXPECT_THAT(Pipeline::Open(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                                AllOf(HasSubstr("caf\\xe9"), HasSubstr("UTF-8"))));
  // The work folder is not part of a bundle: it may be called anything.
  options = Options();
  options.work = dir_ / "work\xe9";
  options.bundles = dir_ / "bundles\xe9";
  Run(options);
  EXPECT_EQ(Count(Run(options), "unchanged, kept"), 7);
}

TEST_F(PipelineTest, TheBundleIsCalibratedOnTheValidationPart) {
  const std::string out = Run(Options());
  for (const char* answers : {"first answer", "ten answers "}) {
    EXPECT_EQ(Count(out, absl::StrCat("calibrate ", answers, ": predicted 0.")) +
                  Count(out, absl::StrCat("calibrate ", answers, ": predicted 1.")),
              1)
        << out;
  }
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
  ASSERT_TRUE(bundle->manifest.has_calibration());
  const auto& calibration = bundle->manifest.calibration();
  EXPECT_EQ(calibration.source(), "validation");
  EXPECT_EQ(calibration.queries(), 10u);
  // Each query with the ten items it would be answered with, and at most ten further ones.
  EXPECT_GE(calibration.pairs(), 10u * 10);
  EXPECT_LE(calibration.pairs(), 10u * 20);
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationFacts file,
                          ReadCalibration(dir_ / "work/calibration.json"));
  EXPECT_EQ(Pooled(file.reliability_first).pairs, 10) << "one a query";
  EXPECT_EQ(Pooled(file.reliability).pairs, 10 * 10);
  int tuned = 0;
  for (int i = 0; i < bundle->manifest.classes_size(); ++i) {
    EXPECT_EQ(bundle->manifest.classes(i).threshold(), file.thresholds[i]);
    tuned += file.thresholds[i] != 0.5F;
  }
  EXPECT_GT(tuned, 0);
  const auto& values = bundle->manifest.evaluation().values();
  EXPECT_EQ(values.count("f1_macro_tuned"), 1u) << "judged on the holdout";
  // The server's reading of it, over a whole query.
  LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(bundle->items->item(0).uri));
  LB_ASSERT_OK_AND_ASSIGN(const Embeddings query, EmbedImageFile(*bundle, bytes));
  const QueryOptions options{.top_k = 40};
  LB_ASSERT_OK_AND_ASSIGN(const auto found,
                          bundle->index->Search(query.vectors, absl::MakeConstSpan(&options, 1)));
  float last = 1;
  for (const Neighbor& neighbor : found[0]) {
    const float probability = *RelevanceProbability(bundle->manifest, neighbor.similarity);
    EXPECT_LE(probability, last);
    last = probability;
  }
}

// The holdout judges the model, so nothing is tuned on it: a sample of the training part, each
// query without itself.
TEST_F(PipelineTest, WithoutAValidationPartASampleOfTheTrainingPartCalibrates) {
  const std::string recipe = absl::StrReplaceAll(kRecipe, {{"random 80/20", "all"}});
  Run(Options(recipe));
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationFacts first,
                          ReadCalibration(dir_ / "work/calibration.json"));
  EXPECT_THAT(first.block.source(), HasSubstr("sample of 50 of 50 training images, leave-one-out"));
  EXPECT_EQ(first.block.queries(), 50u);
  EXPECT_GE(first.block.pairs(), 50u * 10);
  EXPECT_LE(first.block.pairs(), 50u * 20);
  // The set that judges does not matter to it.
  PipelineOptions options =
      Options(absl::StrReplaceAll(recipe, {{"holdout_csv = \"holdout.csv\"\n", ""}}));
  options.work = dir_ / "other";
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const std::string with_holdout, ReadFile(dir_ / "work/calibration.json"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string without, ReadFile(dir_ / "other/calibration.json"));
  EXPECT_EQ(with_holdout, without);
}

TEST_F(PipelineTest, ThresholdsAreNotJudgedWhereTheyWereTuned) {
  Run(Options(absl::StrReplaceAll(kRecipe, {{"holdout_csv = \"holdout.csv\"\n", ""}})));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/evaluation.json"));
  const nlohmann::json evaluation = nlohmann::json::parse(text);
  EXPECT_EQ(evaluation["split"], "validation");
  EXPECT_FALSE(evaluation["values"].contains("f1_macro_tuned"));
}

TEST_F(PipelineTest, RunLeavesAReportWithItsNumbersAndPictures) {
  Run(Options());
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "work/report.html"));
  for (const char* title : {"Result", "Training", "Diagnostics", "Classes",
                            "Thresholds and calibration", "Neighbours", "Unlabelled pictures"}) {
    EXPECT_EQ(Count(html, absl::StrCat("<h2>", title, "</h2>")), 1) << title;
  }
  EXPECT_THAT(html, HasSubstr("24 of the 30 pictures in "));
  // Sheets of six, six and eight queries with five answers each, and the unlabelled ones.
  EXPECT_EQ(Count(html, "<img src=\"data:image/jpeg;base64,"), (6 + 6 + 8) * 6 + 24);
  EXPECT_EQ(Count(html, "no picture"), 0);
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/metrics.json"));
  const nlohmann::json metrics = nlohmann::json::parse(text);
  LB_ASSERT_OK_AND_ASSIGN(const std::string evaluation, ReadFile(dir_ / "work/evaluation.json"));
  EXPECT_EQ(metrics["values"], nlohmann::json::parse(evaluation)["values"]);
  EXPECT_EQ(metrics["state"], "published");
  EXPECT_EQ(metrics["neighbors"]["queries"], 20);
  EXPECT_TRUE(metrics["training"].contains("train_sample_map"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string csv, ReadFile(dir_ / "work/metrics.csv"));
  EXPECT_THAT(csv, HasSubstr("\nset,holdout,map,"));
}

TEST_F(PipelineTest, AReportNeedsAPublishedBundle) {
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(Options()));
  EXPECT_THAT(pipeline->Report(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train train")));
  for (const auto step : {&Pipeline::Train, &Pipeline::Export, &Pipeline::Index,
                          &Pipeline::Calibrate, &Pipeline::Evaluate}) {
    ASSERT_THAT((pipeline.get()->*step)(), IsOk());
  }
  EXPECT_THAT(pipeline->Report(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("published.json"), HasSubstr("lookbook-train publish"))));
  ASSERT_THAT(pipeline->Publish(), IsOk());
  // Where the bundle went is what the publishing says, whatever this call's --bundles is.
  PipelineOptions only_work;
  only_work.work = dir_ / "work";
  LB_ASSERT_OK_AND_ASSIGN(const auto again, Pipeline::Open(only_work));
  EXPECT_THAT(again->Report(), IsOk());
  ASSERT_THAT(RemoveAll(dir_ / "bundles"), IsOk());
  only_work.fresh = true;
  LB_ASSERT_OK_AND_ASSIGN(const auto gone, Pipeline::Open(only_work));
  EXPECT_THAT(gone->Report(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lookbook-train publish")));
}

TEST_F(PipelineTest, AReportIsMadeAnewWhenTheUnlabelledPicturesChange) {
  const PipelineOptions options = CopiedData(Options());
  Run(options);
  EXPECT_EQ(Count(Run(options), "report   unchanged, kept"), 1);
  ASSERT_THAT(RemoveAll(JoinPath(options.data, "test")), IsOk());
  const std::string out = Run(options);
  EXPECT_EQ(Count(out, "publish  unchanged, kept"), 1);
  EXPECT_EQ(Count(out, "report   unchanged, kept"), 0);
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "work/report.html"));
  EXPECT_THAT(html, HasSubstr("None to show: no folder "));
  // A damaged output is made again.
  ASSERT_THAT(WriteFile(dir_ / "work/neighbors.json", "{"), IsOk());
  EXPECT_EQ(Count(Run(options), "report   unchanged, kept"), 0);
}

// The flags are lines of the recipe from then on, so that the later steps are of the same run.
TEST_F(PipelineTest, WhereItComputesIsWrittenIntoTheRecipe) {
  PipelineOptions options = Options();
  options.precision = "bf16";
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const std::string recipe, ReadFile(dir_ / "work/recipe.toml"));
  EXPECT_EQ(recipe, absl::StrCat("precision = \"bf16\"\n", kRecipe));
  PipelineOptions later;
  later.work = options.work;
  later.bundles = options.bundles;
  EXPECT_THAT(Run(later), HasSubstr("train    unchanged, kept"));
  options.precision = "tf32";
  EXPECT_THAT(Pipeline::Open(options).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cuda")));
}

// The finished training's checkpoint lies there, but its weights have not seen these pictures.
TEST_F(PipelineTest, OtherPicturesAreTrainedOn) {
  const PipelineOptions options = CopiedData(Options());
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const std::string before, Sha256OfFile(dir_ / "work/train/weights.pt"));
  const std::string folder = JoinPath(options.data, "train");
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(folder));
  std::vector<std::string> pictures;
  for (const std::string& name : names) pictures.push_back(*ReadFile(JoinPath(folder, name)));
  for (size_t i = 0; i < names.size(); ++i)
    ASSERT_THAT(WriteFile(JoinPath(folder, names[i]), pictures[(i + 1) % names.size()]), IsOk());
  ::testing::internal::CaptureStderr();
  Run(options);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("train    starting over: " + (dir_ / "work/train/checkpoint.pt") +
                        " belongs to other pictures"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string after, Sha256OfFile(dir_ / "work/train/weights.pt"));
  EXPECT_NE(before, after);
}

TEST_F(PipelineTest, OtherFirstWeightsAreTrainedFrom) {
  Run(Options());
  PipelineOptions options = Options();
  options.init = absl::StrCat("bundle:", options.bundles);
  options.work = dir_ / "second";
  options.bundles = dir_ / "second_bundles";
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const std::string before, Sha256OfFile(dir_ / "second/train/weights.pt"));
  Run(Options(absl::StrReplaceAll(kRecipe, {{"steps = 6", "steps = 7"}})));
  Options();  // Writes the first recipe again.
  ::testing::internal::CaptureStderr();
  Run(options);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("belongs to other first weights"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string after, Sha256OfFile(dir_ / "second/train/weights.pt"));
  EXPECT_NE(before, after);
}

// A run may start from what another published, whatever its recipe says.
TEST_F(PipelineTest, FirstWeightsGivenByFlagAreWrittenIntoTheRecipe) {
  Run(Options());
  PipelineOptions options = Options();
  options.work = dir_ / "second";
  options.bundles = dir_ / "second_bundles";
  options.init = absl::StrCat("bundle:", Options().bundles);
  EXPECT_THAT(Run(options), HasSubstr(options.init));
  LB_ASSERT_OK_AND_ASSIGN(const Recipe recipe, LoadRecipe(dir_ / "second/recipe.toml"));
  EXPECT_EQ(recipe.network.init, options.init);
  options.init = absl::StrCat("bundle:", dir_ / "nothing");
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
  EXPECT_THAT(pipeline->Train(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("nothing")));
}

// BCE moves no embedding: a layer of its own has to come with the first weights, also where these
// are the flag's.
TEST_F(PipelineTest, AnEmbeddingIsTakenFromTheFirstWeightsWhereNoStageTrainsIt) {
  const std::string network = "guard = { action = \"off\" }\n[network]\nembedding = { dim = 8 }\n";
  Run(Options());  // Of a pooled embedding.
  PipelineOptions options =
      Options(absl::StrCat(kRecipe, "loss = [\"bce\", \"supcon\"]\n", network));
  options.work = dir_ / "first";
  options.bundles = dir_ / "first_bundles";
  Run(options);
  options = Options(absl::StrCat(kRecipe, network));
  options.work = dir_ / "second";
  options.bundles = dir_ / "second_bundles";
  EXPECT_THAT(Pipeline::Open(options).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("network.embedding")));
  options.init = absl::StrCat("bundle:", dir_ / "bundles");
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
  EXPECT_THAT(pipeline->Train(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("network.embedding: "), HasSubstr(options.init))));
  EXPECT_FALSE(PathExists(dir_ / "second/train/history.json"));
  options.init = absl::StrCat("bundle:", dir_ / "first_bundles");
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const LoadedNetwork first, LoadWeights(dir_ / "first/train/weights.pt"));
  LB_ASSERT_OK_AND_ASSIGN(const LoadedNetwork second,
                          LoadWeights(dir_ / "second/train/weights.pt"));
  const auto embedding = [](const LoadedNetwork& loaded) {
    return loaded.net->named_parameters()["embedding.0.weight"];
  };
  EXPECT_GT(torch::cosine_similarity(embedding(first).flatten(), embedding(second).flatten(), 0)
                .item<float>(),
            0.99);
}

TEST_F(PipelineTest, AGpuThatIsNotThereIsSaidBeforeTheTraining) {
  if (LoadTorchCuda().ok()) GTEST_SKIP() << "there is one";
  PipelineOptions options = Options();
  options.device = "cuda";
  LB_ASSERT_OK_AND_ASSIGN(const auto pipeline, Pipeline::Open(options));
  EXPECT_THAT(pipeline->Train(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("CUDA cannot be used")));
}

TEST_F(PipelineTest, BadOptionsAreExplained) {
  EXPECT_THAT(Pipeline::Open({}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--recipe")));
  PipelineOptions options = Options();
  options.data = dir_ / "absent";
  EXPECT_THAT(Pipeline::Open(options),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("absent/train.csv"), HasSubstr("synth"))));
  // Otherwise said after the training, when it is evaluated.
  options = Options(absl::StrReplaceAll(kRecipe, {{"holdout.csv", "absent.csv"}}));
  EXPECT_THAT(Pipeline::Open(options),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("outfits/absent.csv"), HasSubstr("data.holdout_csv"))));
  options = Options();
  options.data = "";
  EXPECT_THAT(Pipeline::Open(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--data")));
  options = Options();
  options.resume = options.fresh = true;
  EXPECT_THAT(Pipeline::Open(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--fresh")));
  options = Options();
  options.resume = true;
  Run(options, absl::StatusCode::kNotFound);  // There is nothing to resume.
}

TEST_F(PipelineTest, SetWithoutHeldOutPartIsMeasuredOnItsOwnImagesAndSaysSo) {
  Run(Options(absl::StrReplaceAll(
      kRecipe, {{"holdout_csv = \"holdout.csv\"\n", ""}, {"random 80/20", "all"}})));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "work/evaluation.json"));
  EXPECT_EQ(nlohmann::json::parse(text)["split"], "train");
  EXPECT_EQ(nlohmann::json::parse(text)["gallery"]["own_items"], 50) << "each without itself";
  Run(Options(absl::StrReplaceAll(kRecipe, {{"holdout_csv = \"holdout.csv\"\n", ""}})));
  LB_ASSERT_OK_AND_ASSIGN(const std::string other, ReadFile(dir_ / "work/evaluation.json"));
  EXPECT_EQ(nlohmann::json::parse(other)["split"], "validation");
}

// From the recipe's word to a bundle that loads, is checked and answers.
TEST_F(PipelineTest, EveryKindOfIndexIsBuiltMeasuredAndServed) {
  for (const char* spec : {"SQ8", "IVF1,Flat", "HNSW8"}) {
    const std::string out = Run(Options(absl::StrCat(kRecipe, "[index]\nspec = \"", spec, "\"\n")));
    EXPECT_THAT(out, HasSubstr(absl::StrCat("; index ", spec))) << "the line of the publishing";
    EXPECT_THAT(out, HasSubstr("recall@10"));
    LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
    const auto& index = bundle->manifest.index();
    EXPECT_EQ(bundle->index->spec(), spec);
    EXPECT_EQ(bundle->index->search(), index.search());
    EXPECT_GE(index.recall_at_10(), 0.9) << spec;
    EXPECT_EQ(index.recall_queries(), 40u) << "each item: there are too few validation pictures";
    EXPECT_EQ(index.recall_source(), "items");
    LB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(bundle->items->item(3).uri));
    LB_ASSERT_OK_AND_ASSIGN(const Embeddings query, EmbedImageFile(*bundle, bytes));
    for (const bool exact : {false, true}) {
      LB_ASSERT_OK_AND_ASSIGN(
          const auto found,
          bundle->index->Search(query.vectors, {QueryOptions{.top_k = 1, .exact = exact}}));
      EXPECT_EQ(found[0][0].row, 3) << spec;
    }
  }
}

TEST_F(PipelineTest, TheRecallIsOfTheValidationPartWhereItIsLargeEnough) {
  SynthOptions synth = TinySynthOptions(dir_ / "more");
  synth.train = 250;
  synth.holdout = 20;
  ASSERT_THAT(SynthesizeOutfits(synth), IsOk());
  // Six steps leave the embedding as it is.
  PipelineOptions options =
      Options(absl::StrCat(absl::StrReplaceAll(kRecipe, {{"80/20", "60/40"}}),
                           "guard = { action = \"off\" }\n[index]\nspec = \"IVF3,SQ8\"\n"));
  options.data = dir_ / "more";
  Run(options);
  LB_ASSERT_OK_AND_ASSIGN(const auto bundle, OpenCurrentBundle(dir_ / "bundles", {}));
  EXPECT_EQ(bundle->manifest.index().recall_source(), "validation");
  EXPECT_EQ(bundle->manifest.index().recall_queries(), 100u);
  EXPECT_GT(bundle->manifest.index().recall_at_10(), 0.5);
  EXPECT_EQ(bundle->index->search(), bundle->manifest.index().search());
}

TEST_F(PipelineTest, MoreListsThanTheTrainingPartCanTrainAreRefusedBeforeTheTraining) {
  EXPECT_THAT(Pipeline::Open(Options(absl::StrCat(kRecipe, "[index]\nspec = \"IVF2,Flat\"\n"))),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("wants 78 vectors"), HasSubstr("there are 40"),
                             HasSubstr("at most 1 lists"))));
}

}  // namespace
}  // namespace lookbook
