#include "models/commands/work_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

TEST(WorkFolderTest, AStepIsDoneWhileInputsAndOutputsStay) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder work, WorkFolder::Open(dir / "w"));
  EXPECT_FALSE(work.IsDone("a", "inputs"));
  ASSERT_THAT(WriteFile(work.Path("out.txt"), "result"), IsOk());
  ASSERT_THAT(work.MarkDone("a", "inputs", {"out.txt"}), IsOk());
  EXPECT_TRUE(work.IsDone("a", "inputs"));
  EXPECT_FALSE(work.IsDone("a", "other inputs"));
  EXPECT_FALSE(work.IsDone("b", "inputs"));
  // A later process sees the same.
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder again, WorkFolder::Open(dir / "w"));
  EXPECT_TRUE(again.IsDone("a", "inputs"));
  ASSERT_THAT(WriteFile(work.Path("out.txt"), "resulT"), IsOk());
  EXPECT_FALSE(again.IsDone("a", "inputs")) << "the output was changed";
  ASSERT_THAT(RemoveAll(work.Path("out.txt")), IsOk());
  EXPECT_FALSE(again.IsDone("a", "inputs")) << "the output is gone";
}

TEST(WorkFolderTest, EveryStepRemembersTheWeightsThatItWorkedWith) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder work, WorkFolder::Open(dir.path()));
  ASSERT_THAT(MakeDirectories(dir / "train"), IsOk());
  ASSERT_THAT(WriteFile(dir / "train/weights.pt", "one"), IsOk());
  ASSERT_THAT(work.MarkDone("train", "i", {"train/weights.pt"}), IsOk());
  ASSERT_THAT(work.MarkDone("evaluate", "i", {}), IsOk());
  ASSERT_THAT(WriteFile(dir / "train/weights.pt", "two"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder again, WorkFolder::Open(dir.path()));
  ASSERT_THAT(again.MarkDone("train", "i", {"train/weights.pt"}), IsOk());
  const nlohmann::json steps = nlohmann::json::parse(*ReadFile(dir / "steps.json"));
  EXPECT_EQ(steps["train"]["weights"], Sha256Hex("two"));
  EXPECT_EQ(steps["evaluate"]["weights"], Sha256Hex("one"));
}

TEST(WorkFolderTest, ForgottenStepsRunAgain) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder work, WorkFolder::Open(dir.path()));
  ASSERT_THAT(work.MarkDone("a", "i", {}), IsOk());
  ASSERT_THAT(work.Forget("a"), IsOk());
  EXPECT_FALSE(work.IsDone("a", "i"));
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder again, WorkFolder::Open(dir.path()));
  EXPECT_FALSE(again.IsDone("a", "i"));
}

TEST(WorkFolderTest, MissingOutputAndForeignFilesAreErrors) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(WorkFolder work, WorkFolder::Open(dir.path()));
  EXPECT_THAT(work.MarkDone("a", "i", {"absent"}), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(WriteFile(dir / "steps.json", "{\"a\": 3}"), IsOk());
  EXPECT_THAT(WorkFolder::Open(dir.path()),
              StatusIs(absl::StatusCode::kDataLoss, ::testing::HasSubstr("steps.json")));
}

TEST(WorkFolderTest, TextThatIsNotUtf8IsWrittenAndHashed) {
  EXPECT_EQ(JsonText({{"path", "caf\xe9"}}), "{\n  \"path\": \"caf\xef\xbf\xbd\"\n}\n");
  EXPECT_EQ(HashOf({{"root", "caf\xe9"}}).size(), 64u);
}

TEST(WorkFolderTest, HashDependsOnNamesAndValues) {
  EXPECT_EQ(HashOf({{"a", "1"}, {"b", "2"}}), HashOf({{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(HashOf({{"a", "1"}}), HashOf({{"a", "2"}}));
  EXPECT_NE(HashOf({{"a", "12"}}), HashOf({{"a1", "2"}}));
}

}  // namespace
}  // namespace lookbook
