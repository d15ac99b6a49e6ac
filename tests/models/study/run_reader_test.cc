#include "models/study/run_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/study/neighbor_file.h"
#include "tests/models/study/colour_bundle.h"
#include "tests/models/study/small_run.h"
#include "tests/models/study/steps_file.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kRecipe[] = "name = \"small\"\n[[stage]]\nname = \"all\"\nsteps = 1\n";
constexpr char kEvaluation[] = R"({"split": "holdout", "images": 4, "values": {"map": 0.5},
    "classes": [], "chance": {"map": 0.1,
    "random": {"relevance": {}}, "label_frequency": {"relevance": {}}}})";

class RunReaderTest : public ::testing::Test {
 protected:
  RunReaderTest() {
    EXPECT_THAT(MakeDirectories(dir_ / "train"), IsOk());
    Write("recipe.toml", kRecipe);
  }
  void Write(const std::string& name, const std::string& text) {
    EXPECT_THAT(WriteFile(dir_ / name, text), IsOk());
  }
  void WriteHistory(std::vector<HistoryEntry> history) {
    Write("train/history.json", HistoryToJson(history));
  }
  // A training that came to its end, and its steps.
  void Finish(const std::string& weights, std::vector<HistoryEntry> history) {
    WriteHistory(std::move(history));
    Write("train/result.json", R"({"steps": 10, "seconds": 90})");
    Write("train/weights.pt", weights);
    AddSteps(dir_.path(),
             {{"train", {"train/weights.pt", "train/history.json", "train/result.json"}}});
  }
  RunState State() {
    const absl::StatusOr<RunStudy> run = ReadRun(dir_.path());
    EXPECT_THAT(run, IsOk());
    return run->state;
  }
  TempDir dir_;
};

TEST_F(RunReaderTest, ReadsWhatIsThereOfARunThatEndedEarly) {
  LB_ASSERT_OK_AND_ASSIGN(const RunStudy run, ReadRun(dir_.path()));
  EXPECT_EQ(run.recipe, "small");
  EXPECT_EQ(run.folder, dir_.path());
  EXPECT_THAT(run.history, IsEmpty());
  EXPECT_FALSE(run.evaluation.has_value());
  EXPECT_EQ(run.state, RunState::kNotTrained);
}

TEST_F(RunReaderTest, TheStateSaysHowFarItCame) {
  EXPECT_EQ(State(), RunState::kNotTrained);
  WriteHistory({EntryAt(10, "all", 0.5)});
  EXPECT_EQ(State(), RunState::kUnfinished);
  Finish("weights", {EntryAt(10, "all", 0.5)});
  EXPECT_EQ(State(), RunState::kNotEvaluated);
  LB_ASSERT_OK_AND_ASSIGN(const RunStudy run, ReadRun(dir_.path()));
  EXPECT_EQ(run.train_seconds, 90);
  WriteHistory({EntryAt(5, "all", 0.5), EntryAt(10, "all", 0.25)});
  EXPECT_EQ(State(), RunState::kUnfinished) << "the result is an earlier training's";
}

TEST_F(RunReaderTest, ARunIsCollapsedWhenTheGuardGaveUpOrTheEndWasRed) {
  HistoryEntry entry = EntryAt(10, "all", 0.5);
  entry.event = "guard: red and never green; stopped";
  WriteHistory({entry});
  EXPECT_EQ(State(), RunState::kCollapsed);
  entry.event = "";
  entry.health = "red";
  WriteHistory({entry});
  EXPECT_EQ(State(), RunState::kUnfinished) << "the guard may still bring it back";
  Finish("weights", {entry});
  EXPECT_EQ(State(), RunState::kCollapsed);
}

TEST_F(RunReaderTest, WhereTheGuardOnlyReportsARedEndIsSaidAndTheStateIsHowFarItCame) {
  HistoryEntry entry = EntryAt(10, "all", 0.5);
  entry.health = "red";
  Finish("weights", {entry});
  for (const char* action : {"report", "off"}) {
    Write("recipe.toml", absl::StrCat(kRecipe, "guard = { action = \"", action, "\" }\n"));
    LB_ASSERT_OK_AND_ASSIGN(const RunStudy run, ReadRun(dir_.path()));
    EXPECT_EQ(run.state, RunState::kNotEvaluated) << action;
    EXPECT_TRUE(run.ended_red) << action;
  }
}

// A head on a frozen backbone is judged by its labels; the embedding stays what the stage before
// left.
TEST_F(RunReaderTest, AHeadBehindACollapsedEmbeddingDoesNotMendIt) {
  Write("recipe.toml", absl::StrCat(kRecipe,
                                    "[[stage]]\nname = \"probe\"\nsteps = 1\n"
                                    "freeze = \"backbone\"\n"));
  HistoryEntry entry = EntryAt(10, "all", 0.5);
  Finish("weights", {entry, EntryAt(20, "probe", 0.5)});
  EXPECT_EQ(State(), RunState::kNotEvaluated);
  entry.health = "red";
  Finish("weights", {entry, EntryAt(20, "probe", 0.5)});
  EXPECT_EQ(State(), RunState::kCollapsed);
}

// Nor does one that only trained a head on what network.init brought.
TEST_F(RunReaderTest, KeptWeightsThatAreRedAreARedEnd) {
  Finish("weights", {EntryAt(10, "all", 0.5)});
  Write("train/result.json", R"({"steps": 10, "seconds": 90, "kept_health": "red"})");
  AddSteps(dir_.path(),
           {{"train", {"train/weights.pt", "train/history.json", "train/result.json"}}});
  EXPECT_EQ(State(), RunState::kCollapsed);
}

// evaluation.json with an mAP of 0.5.
std::string EvaluationText() {
  std::string rules, ranking;
  for (const char* rule : {"any", "shared>2", "strict", "exact", "j50"}) {
    rules += (rules.empty() ? "\"" : ", \"") + std::string(rule) +
             R"(": {"recall_at_1": 0, "precision_at_10": 0, "map_at_r": 0, "map": 0})";
  }
  ranking = "{\"relevance\": {" + rules + "}";
  for (const char* name : {"ndcg_at_10_shared", "ndcg_at_10_jaccard", "ndcg_at_10_exp", "acg_at_10",
                           "wap_at_10", "mean_jaccard_at_5"}) {
    ranking += std::string(", \"") + name + "\": null";
  }
  ranking += "}";
  return R"({"split": "holdout", "images": 4, "values": {"map": 0.5},
      "classes": [], "chance": {"map": 0.1, "random": )" +
         ranking + ", \"label_frequency\": " + ranking + "}}";
}

TEST_F(RunReaderTest, PublishedNeedsAnEvaluationAndABundle) {
  Finish("weights", {EntryAt(10, "all", 0.5)});
  Write("evaluation.json", EvaluationText());
  AddSteps(dir_.path(), {{"evaluate", {"evaluation.json"}}});
  EXPECT_EQ(State(), RunState::kNotPublished);
  Write("published.json", R"({"bundle_id": "b"})");
  AddSteps(dir_.path(), {{"publish", {"published.json"}}});
  Write("run.json", R"({"data": "data/outfits"})");
  LB_ASSERT_OK_AND_ASSIGN(const RunStudy run, ReadRun(dir_.path()));
  EXPECT_EQ(run.state, RunState::kPublished);
  EXPECT_EQ(run.bundle_id, "b");
  EXPECT_EQ(run.data, "data/outfits");
  EXPECT_EQ(run.evaluation->values.at("map"), 0.5);
}

// Another training of as many steps in the folder of a run that was evaluated and published.
TEST_F(RunReaderTest, WhatAnEarlierTrainingLeftIsNotThisRuns) {
  Finish("weights", {EntryAt(10, "all", 0.5)});
  Write("evaluation.json", EvaluationText());
  Write("published.json", R"({"bundle_id": "b"})");
  Write("neighbors.json", NeighborsToJson(SmallRun().neighbors));
  AddSteps(dir_.path(), {{"evaluate", {"evaluation.json"}},
                         {"publish", {"published.json"}},
                         {"report", {"neighbors.json"}}});
  LB_ASSERT_OK_AND_ASSIGN(RunStudy run, ReadRun(dir_.path()));
  ASSERT_EQ(run.state, RunState::kPublished);
  ASSERT_THAT(run.neighbors.fixed, SizeIs(1));
  Finish("other weights", {EntryAt(10, "all", 0.1)});
  LB_ASSERT_OK_AND_ASSIGN(run, ReadRun(dir_.path()));
  EXPECT_EQ(run.state, RunState::kNotEvaluated);
  EXPECT_FALSE(run.evaluation.has_value());
  EXPECT_EQ(run.bundle_id, "");
  EXPECT_THAT(run.neighbors.fixed, IsEmpty());
}

TEST_F(RunReaderTest, PicturesOfNeighboursComeFromTheFilesAndTheItems) {
  TempDir colours;
  std::vector<ImageRecord> items = WriteColours(colours, 4);
  MakeColourBundle(dir_ / "index", items);
  NeighborStudy study = SmallRun().neighbors;
  study.fixed[0].picture.path = items[0].path;
  study.fixed[0].answers[0].picture.id = items[1].id;
  Write("neighbors.json", NeighborsToJson(study));
  AddSteps(dir_.path(), {{"train", {}}, {"report", {"neighbors.json"}}});
  LB_ASSERT_OK_AND_ASSIGN(const RunStudy run, ReadRun(dir_.path()));
  ASSERT_THAT(run.neighbors.fixed, SizeIs(1));
  EXPECT_NE(run.neighbors.fixed[0].picture.file, "");
  EXPECT_NE(run.neighbors.fixed[0].answers[0].picture.file, "");
  EXPECT_EQ(run.neighbors.fixed[0].answers[1].picture.file, "") << "no such item: left blank";
}

TEST_F(RunReaderTest, DamagedFilesAreNamed) {
  Write("train/history.json", "{");
  EXPECT_THAT(ReadRun(dir_.path()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("train/history.json")));
  Finish("weights", {});
  Write("evaluation.json", kEvaluation);
  AddSteps(dir_.path(), {{"evaluate", {"evaluation.json"}}});
  EXPECT_THAT(ReadRun(dir_.path()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("evaluation.json")));
  ASSERT_THAT(RemoveAll(dir_ / "evaluation.json"), IsOk());
  Write("published.json", "[1]");
  AddSteps(dir_.path(), {{"publish", {"published.json"}}});
  EXPECT_THAT(ReadRun(dir_.path()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("published.json")));
}

TEST_F(RunReaderTest, AnotherFolderIsNoRun) {
  EXPECT_THAT(ReadRun(dir_ / "absent"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("recipe.toml")));
}

TEST(RunStateNameTest, EveryStateHasAName) {
  EXPECT_STREQ(RunStateName(RunState::kCollapsed), "collapsed");
  EXPECT_STREQ(RunStateName(RunState::kUnfinished), "training not finished");
}

}  // namespace
}  // namespace lookbook
