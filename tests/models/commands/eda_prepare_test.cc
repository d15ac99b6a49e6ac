// lookbook-train eda, prepare, and --strict, as a user types them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "models/commands/command_line.h"
#include "models/dataset/synth.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;
};

Outcome RunTrainer(std::vector<std::string> args) {
  std::vector<const char*> argv = {"lookbook-train"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  Outcome outcome;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  outcome.code = ParseAndRun(static_cast<int>(argv.size()), argv.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.error = ::testing::internal::GetCapturedStderr();
  return outcome;
}

constexpr char kRecipe[] = R"(name = "strict"
threads = 1
[data]
split = "random 80/20"
image_size = 32
workers = 1
cache = "disk"
[[stage]]
name = "all"
steps = 2
batch_size = 8
)";

class EdaPrepareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SynthOptions options = TinySynthOptions(dir_ / "data");
    options.train = 60;
    options.holdout = 20;
    options.unlabelled = 5;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
    ASSERT_THAT(WriteFile(dir_ / "strict.toml", kRecipe), IsOk());
  }
  Outcome Eda(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"eda",        dir_ / "data", "--out",
                                     dir_ / "eda", "--split",     "random 80/20"};
    args.insert(args.end(), more.begin(), more.end());
    return RunTrainer(args);
  }
  Outcome Train(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"train",       "--recipe", dir_ / "strict.toml", "--data",
                                     dir_ / "data", "--out",    dir_ / "work"};
    args.insert(args.end(), more.begin(), more.end());
    return RunTrainer(args);
  }
  // One more row, of a class that no one knows.
  void SpoilARow() {
    LB_ASSERT_OK_AND_ASSIGN(const std::string csv, ReadFile(dir_ / "data/train.csv"));
    ASSERT_THAT(
        WriteFile(dir_ / "data/train.csv", absl::StrCat(csv, "train_000001,1 1,64,64,99,\n")),
        IsOk());
  }

  TempDir dir_;
};

TEST_F(EdaPrepareTest, EdaWritesTheReportAndItsNumbers) {
  const Outcome outcome = Eda();
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("80 labelled"), HasSubstr("5 unlabelled"),
                                 HasSubstr("problems no problems"), HasSubstr("eda/report.html")));
  LB_ASSERT_OK_AND_ASSIGN(const std::string html, ReadFile(dir_ / "eda/report.html"));
  EXPECT_THAT(html, HasSubstr("What comes together"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir_ / "eda/eda.json"));
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json["labelled"], 80);
  EXPECT_EQ(json["labels"]["classes"].size(), 10u);
}

TEST_F(EdaPrepareTest, EdaListsProblemsAndStrictExitsWithTwo) {
  SpoilARow();
  ASSERT_THAT(WriteFile(dir_ / "data/train/train_000007.jpg", "broken"), IsOk());
  Outcome outcome = Eda();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr(": 99 (unknown class id)"), HasSubstr("train.csv:"),
                                   HasSubstr("train_000007.jpg"), HasSubstr("(unreadable image)"),
                                   HasSubstr("2 problems: ")));
  EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("; each in ", dir_ / "eda/eda.json", "\n")));
  ASSERT_THAT(RemoveAll(dir_ / "eda"), IsOk());
  outcome = Eda({"--strict"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("--strict accepts none"));
  EXPECT_TRUE(PathExists(dir_ / "eda/report.html")) << "it is written all the same";
}

TEST_F(EdaPrepareTest, EdaExplainsWhatItCannotUse) {
  EXPECT_EQ(RunTrainer({"eda"}).code, 2);
  const Outcome outcome = RunTrainer({"eda", dir_ / "absent", "--out", dir_ / "eda"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("absent"));
  EXPECT_FALSE(PathExists(dir_ / "eda"));
}

TEST_F(EdaPrepareTest, PrepareMakesAFileThatTrainStartsFrom) {
  const std::vector<std::string> args = {"prepare", dir_ / "data", "--image-size", "32"};
  Outcome outcome = RunTrainer(args);
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, HasSubstr("60 images of 32 x 32"));
  EXPECT_THAT(outcome.out, HasSubstr(" made in "));
  EXPECT_THAT(RunTrainer(args).out, HasSubstr("found and checked in "));
  const std::string file = dir_ / "data/prepared/train-32-squish.images";
  ASSERT_TRUE(PathExists(file));
  outcome = Train();
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.error, Not(HasSubstr("prepare "))) << "nothing to decode";
  // A damaged one is made again, with one line.
  LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(file));
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_THAT(WriteFileAtomic(file, bytes), IsOk());
  outcome = Train({"--fresh"});
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("is damaged: its SHA-256 is another; it is made again"));
}

TEST_F(EdaPrepareTest, StrictTrainingRefusesBadRows) {
  SpoilARow();
  EXPECT_EQ(Train().code, 0);
  for (const char* command : {"train", "run"}) {
    const Outcome outcome = RunTrainer({command, "--recipe", dir_ / "strict.toml", "--data",
                                        dir_ / "data", "--out", dir_ / "other", "--strict"});
    EXPECT_EQ(outcome.code, 2) << command;
    EXPECT_THAT(outcome.error, HasSubstr("1 problem: 1 unknown class id")) << command;
  }
}

// It leaves nothing out that the terminal does.
TEST_F(EdaPrepareTest, PrepareWritesEveryProblem) {
  for (int i = 0; i < 8; ++i) SpoilARow();
  const std::string all = dir_ / "data/prepared/train-32-squish.problems.txt";
  for (const bool strict : {true, false}) {
    std::vector<std::string> args = {"prepare", dir_ / "data", "--image-size", "32"};
    if (strict) args.push_back("--strict");
    EXPECT_EQ(RunTrainer(args).code, strict ? 2 : 0);
    LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(all));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 8 + 1);
    ASSERT_THAT(RemoveAll(all), IsOk());
  }
}

TEST_F(EdaPrepareTest, StrictRefusesUnreadablePictures) {
  ASSERT_THAT(WriteFile(dir_ / "data/train/train_000007.jpg", "broken"), IsOk());
  Outcome outcome = Train();
  EXPECT_EQ(outcome.code, 0) << "one bad picture does not end a run";
  EXPECT_THAT(
      outcome.error,
      ContainsRegex("data     train.csv:[0-9]+: .*train_000007.jpg: .+ .unreadable image."));
  EXPECT_THAT(outcome.out, EndsWith(absl::StrCat("problems 1 problem: 1 unreadable image; each in ",
                                                 dir_ / "work/problems.txt", "\n")));
  outcome = Train({"--strict", "--fresh"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("train_000007.jpg"));
  outcome = RunTrainer({"prepare", dir_ / "data", "--image-size", "32", "--strict"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("(unreadable image); --strict accepts none"));
  outcome = RunTrainer({"prepare", dir_ / "data", "--image-size", "32"});
  EXPECT_EQ(outcome.code, 0);
  const std::string all = dir_ / "data/prepared/train-32-squish.problems.txt";
  EXPECT_THAT(outcome.out, EndsWith(absl::StrCat("problems 1 problem: 1 unreadable image; each in ",
                                                 all, "\n")));
  EXPECT_THAT(ReadFile(all), IsOkAndHolds(HasSubstr("train_000007.jpg")));
}

// Before an hour of decoding: the bad picture is not met yet.
TEST_F(EdaPrepareTest, FirstWeightsThatCannotBeAreRefusedBeforeAnyPictureIsRead) {
  ASSERT_THAT(WriteFile(dir_ / "data/train/train_000007.jpg", "broken"), IsOk());
  ASSERT_THAT(WriteFile(dir_ / "bad.pth", "no weights"), IsOk());
  for (const char* file : {"bad.pth", "absent.pth"}) {
    const Outcome outcome = Train({"--init", dir_ / file});
    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(outcome.error, AllOf(HasSubstr("network.init: "), HasSubstr(file),
                                     Not(HasSubstr("unreadable image"))));
  }
}

// The later steps meet the same pictures.
TEST_F(EdaPrepareTest, ARunNamesEachBadPictureOnce) {
  for (const char* name : {"data/train/train_000007.jpg", "data/train/train_000011.jpg"})
    ASSERT_THAT(WriteFile(dir_ / name, "broken"), IsOk());
  const Outcome outcome = RunTrainer(
      {"run", "--recipe", dir_ / "strict.toml", "--data", dir_ / "data", "--out", dir_ / "all"});
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  for (const char* name : {"train_000007.jpg", "train_000011.jpg"}) {
    const size_t first = outcome.error.find(name);
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(outcome.error.find(name, outcome.error.find('\n', first)), std::string::npos) << name;
  }
  EXPECT_THAT(outcome.out,
              EndsWith(absl::StrCat("problems 2 problems: 2 unreadable image; each in ",
                                    dir_ / "all/problems.txt", "\n")));
}

}  // namespace
}  // namespace lookbook
