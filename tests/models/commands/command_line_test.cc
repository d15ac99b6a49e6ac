#include "models/commands/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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
       {"synth", "eda", "prepare", "train", "export", "index", "calibrate", "evaluate", "publish",
        "run", "compare", "predict", "report", "sign", "verify"}) {
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
  EXPECT_EQ(RunTrainer({"run", "--device", "tpu"}).code, 2);
  EXPECT_EQ(RunTrainer({"train", "--precision", "fp16"}).code, 2);
  EXPECT_EQ(RunTrainer({"compare", "one"}).code, 2);
  EXPECT_EQ(RunTrainer({"compare", "a", "b", "--data", "d", "--resamples", "39"}).code, 2);
  EXPECT_EQ(RunTrainer({"report", "out/a", "out/b"}).code, 2);  // --html is missing.
  EXPECT_EQ(RunTrainer({"report", "--html", "page.html"}).code, 2);
  EXPECT_EQ(RunTrainer({"report", "no/such/folder", "--html", "page.html"}).code, 2);
  EXPECT_EQ(RunTrainer({"predict", "no/such/folder", "--bundle", "b", "--csv", "c"}).code, 2);
}

TEST(CommandLineTest, ThreadsAreAtLeastOneWhateverThereIsToDo) {
  TempDir dir;
  const std::string data = dir / "data";
  ASSERT_EQ(RunTrainer({"synth", "--out", data, "--tiny"}).code, 0);
  const std::vector<std::string> prepare = {"prepare", data, "--image-size", "32"};
  ASSERT_EQ(RunTrainer(prepare).code, 0);
  for (const char* threads : {"0", "-3", "1025", "many"}) {
    for (std::vector<std::string> args : {prepare,
                                          {"eda", data, "--out", dir / "eda"},
                                          {"synth", "--out", dir / "other", "--tiny"}}) {
      args.insert(args.end(), {"--threads", threads});
      const Outcome outcome = RunTrainer(args);
      EXPECT_EQ(outcome.code, 2) << args[0] << " " << threads;
      EXPECT_THAT(outcome.error, HasSubstr("--threads")) << args[0] << " " << threads;
    }
  }
  EXPECT_FALSE(PathExists(dir / "eda"));
  EXPECT_FALSE(PathExists(dir / "other"));
  EXPECT_THAT(RunTrainer({"prepare", data, "--image-size", "32", "--threads", "1"}).out,
              HasSubstr("found and checked"));
}

// Before the bundle is opened, which is not there either.
TEST(CommandLineTest, WhatCannotBeWrittenIsNotMeasured) {
  TempDir dir;
  ASSERT_EQ(RunTrainer({"synth", "--out", dir / "data", "--tiny"}).code, 0);
  for (const std::string& file : {dir / "absent/file", dir.path()}) {
    for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
             {"predict", dir / "data/test", "--bundle", dir / "none", "--csv", file},
             {"evaluate", "--bundle", dir / "none", "--data", dir / "data", "--json", file},
             {"compare", dir / "none", dir / "none", "--data", dir / "data", "--json", file}}) {
      const Outcome outcome = RunTrainer(args);
      EXPECT_EQ(outcome.code, 2) << args[0];
      EXPECT_THAT(outcome.error,
                  AllOf(HasSubstr("cannot write " + file), Not(HasSubstr(dir / "none"))));
    }
  }
  const Outcome outcome =
      RunTrainer({"predict", dir / "data/test", "--bundle", dir / "none", "--csv", dir / "p.csv"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr(dir / "none"));
  EXPECT_FALSE(PathExists(dir / "p.csv"));
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

TEST(CommandLineTest, WhatACommandThrowsIsReportedLikeAStatus) {
  CLI::App app;
  CommandList commands;
  commands.emplace_back(app.add_subcommand("fall"),
                        []() -> absl::Status { throw std::runtime_error("off the cliff"); });
  app.parse("fall");
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunParsed(commands), kExitFailed);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("lookbook-train fall: "), HasSubstr("off the cliff")));
}

TEST(CommandLineTest, NamesThatAreNotUtf8EndInAnErrorNotInACrash) {
  TempDir dir;
  const std::string data = dir / "caf\xe9";
  ASSERT_EQ(RunTrainer({"synth", "--out", data, "--tiny"}).code, 0);
  ASSERT_THAT(WriteFile(dir / "cli.toml", "name = \"x\"\n[[stage]]\nname = \"a\"\nsteps = 1\n"),
              IsOk());
  const Outcome outcome =
      RunTrainer({"train", "--recipe", dir / "cli.toml", "--data", data, "--out", dir / "work"});
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("caf\\xe9"), HasSubstr("UTF-8")));
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
  EXPECT_EQ(nlohmann::json::parse(of_run)["gallery"]["items"], 120);
  const Outcome inside = RunTrainer({"evaluate", "--bundle", dir / "bundles", "--data",
                                     dir / "data", "--no-gallery", "--json", dir / "inside.json"});
  ASSERT_EQ(inside.code, 0) << inside.error;
  LB_ASSERT_OK_AND_ASSIGN(const std::string of_set, ReadFile(dir / "inside.json"));
  EXPECT_FALSE(nlohmann::json::parse(of_set).contains("gallery"));
  // The bundle against itself: no metric differs, and the values are those of the evaluation.
  const Outcome compared =
      RunTrainer({"compare", dir / "bundles", dir / "bundles", "--data", dir / "data", "--images",
                  "holdout", "--resamples", "50", "--json", dir / "c.json"});
  ASSERT_EQ(compared.code, 0) << compared.error;
  EXPECT_THAT(compared.out, HasSubstr("ndcg_at_10"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string difference, ReadFile(dir / "c.json"));
  const nlohmann::json values = nlohmann::json::parse(of_run)["values"];
  const nlohmann::json metrics = nlohmann::json::parse(difference)["metrics"];
  ASSERT_FALSE(metrics.empty());
  for (const auto& metric : metrics) {
    EXPECT_EQ(metric["difference"], 0.0);
    EXPECT_EQ(metric["p"], 1.0);
    EXPECT_NEAR(metric["a"].get<double>(), values[metric["metric"]].get<double>(), 1e-9)
        << metric["metric"];
  }
  // The run's report again, and a page over it and a run that has not begun.
  const Outcome report = RunTrainer({"report", "--out", dir / "work"});
  ASSERT_EQ(report.code, 0) << report.error;
  EXPECT_THAT(report.out, HasSubstr("report   unchanged, kept: "));
  ASSERT_THAT(MakeDirectories(dir / "early"), IsOk());
  ASSERT_THAT(WriteFile(dir / "early/recipe.toml", absl::StrReplaceAll(recipe, {{"cli", "early"}})),
              IsOk());
  const Outcome page =
      RunTrainer({"report", dir / "work", dir / "early", "--html", dir / "compare.html"});
  ASSERT_EQ(page.code, 0) << page.error;
  EXPECT_THAT(page.out, HasSubstr("2 runs: "));
  LB_ASSERT_OK_AND_ASSIGN(const std::string compared_html, ReadFile(dir / "compare.html"));
  EXPECT_THAT(compared_html, AllOf(HasSubstr("<td>not trained</td>"), HasSubstr("cli: overlap ")));
  // A folder with one picture that is none.
  ASSERT_THAT(WriteFile(dir / "data/test/broken.jpg", "no picture"), IsOk());
  const Outcome predicted = RunTrainer(
      {"predict", dir / "data/test", "--bundle", dir / "bundles", "--csv", dir / "p.csv"});
  ASSERT_EQ(predicted.code, 0) << predicted.error;
  EXPECT_THAT(predicted.out, HasSubstr("1 of them unreadable"));
  EXPECT_THAT(predicted.error, HasSubstr("cannot read broken.jpg"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string csv, ReadFile(dir / "p.csv"));
  EXPECT_THAT(csv, HasSubstr("\nbroken.jpg,"));
  LB_ASSERT_OK_AND_ASSIGN(const auto pictures, ListDirectory(dir / "data/test"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), static_cast<int64_t>(pictures.size()) + 1);
}

}  // namespace
}  // namespace lookbook
