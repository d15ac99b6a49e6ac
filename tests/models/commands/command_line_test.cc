#include "models/commands/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;
};

Outcome RunTrainer(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"lookbook-train"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = ParseAndRun(static_cast<int>(argv.size()), argv.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.error = ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(CommandLineTest, HelpOfEveryCommandShowsAnExample) {
  for (const char* command :
       {"synth", "eda", "prepare", "train", "export", "index", "evaluate", "publish", "run"}) {
    const Outcome outcome = RunTrainer({command, "--help"});
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Example")) << command;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("lookbook-train ") + command)) << command;
  }
  EXPECT_THAT(RunTrainer({"--help"}).out, HasSubstr("Exit codes"));
  EXPECT_THAT(RunTrainer({"--version"}).out, HasSubstr("lookbook-train "));
}

TEST(CommandLineTest, WrongFlagsExitWithTwo) {
  EXPECT_EQ(RunTrainer({}).code, 2);
  EXPECT_EQ(RunTrainer({"fly"}).code, 2);
  EXPECT_EQ(RunTrainer({"synth"}).code, 2);  // --out is required.
  EXPECT_EQ(RunTrainer({"run", "--recipy", "x"}).code, 2);
  EXPECT_EQ(RunTrainer({"run"}).code, 2);
}

TEST(CommandLineTest, ErrorsNameCommandAndCause) {
  const Outcome outcome = RunTrainer({"train", "--recipe", "no/such.toml"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("lookbook-train train: "));
  EXPECT_THAT(outcome.error, HasSubstr("no/such.toml"));
  EXPECT_THAT(RunTrainer({"evaluate", "--bundle", "x"}).error, HasSubstr("--data"));
}

TEST(CommandLineTest, StatusesBecomeTheDocumentedCodes) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCode(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCode(absl::DataLossError("")), 1);
  EXPECT_EQ(ExitCode(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCode(absl::AbortedError("")), 4);
  EXPECT_EQ(ExitCode(absl::CancelledError("")), 130);
}

// The whole path as a user types it.
TEST(CommandLineTest, SynthRunEvaluate) {
  TempDir dir;
  ASSERT_EQ(RunTrainer({"synth", "--out", dir / "data", "--tiny"}).code, 0);
  const std::string recipe = R"(name = "cli"
[data]
split = "all"
image_size = 32
holdout_csv = "holdout.csv"
[[stage]]
name = "all"
steps = 4
batch_size = 8
)";
  ASSERT_THAT(WriteFile(dir / "cli.toml", recipe), IsOk());
  const Outcome run = RunTrainer({"run", "--recipe", dir / "cli.toml", "--data", dir / "data",
                                  "--out", dir / "work", "--bundles", dir / "bundles"});
  ASSERT_EQ(run.code, 0) << run.error;
  EXPECT_THAT(run.out, HasSubstr("(CURRENT)"));
  EXPECT_THAT(run.error, HasSubstr("train sample: mAP"));
  const Outcome evaluated =
      RunTrainer({"evaluate", "--bundle", dir / "bundles", "--data", dir / "data", "--csv",
                  "holdout.csv", "--images", "holdout", "--json", dir / "e.json"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.error;
  EXPECT_THAT(evaluated.out, HasSubstr("nDCG@10"));
  // The published bundle and the run's own evaluation agree to the last digit.
  LB_ASSERT_OK_AND_ASSIGN(const std::string of_bundle, ReadFile(dir / "e.json"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string of_run, ReadFile(dir / "work/evaluation.json"));
  EXPECT_EQ(of_bundle, of_run);
}

}  // namespace
}  // namespace lookbook
