#include "models/commands/command_line.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/version.h"

namespace lookbook {
namespace {

constexpr char kFooter[] = R"(Examples:
  lookbook-train synth --out data/outfits
  lookbook-train eda data/outfits
  lookbook-train run --recipe models/recipes/quick.toml
  lookbook-train run --recipe models/recipes/mobilenet_v2_scratch.toml --data ~/imaterialist --bundles /srv/bundles/mobilenet
  lookbook-train evaluate --bundle out/quick/bundles --data data/outfits --csv holdout.csv --images holdout
  lookbook-train compare out/quick/bundles out/other/bundles --data data/outfits
  lookbook-train reproduce --recipes models/recipes/study models/recipes/bce.toml --data data/outfits --out out/study
  lookbook-train predict photos/ --bundle out/quick/bundles --csv predictions.csv
  lookbook-train report out/quick out/other --html compare.html
  lookbook-train sign out/quick/bundles --key release.pem
  lookbook-train verify out/quick/bundles --public-key release.pub.pem

Ctrl-C stops a training after the step under way; the same command goes on from there.
Exit codes: 0 done, 1 failed, 2 wrong flags, recipe or data, 4 the training diverged or collapsed, 130 interrupted.)";

constexpr int kMostThreads = 1024;

}  // namespace

void AddThreadsFlag(CLI::App& command, int* threads) {
  command.add_option("--threads", *threads, "Threads")
      ->check(CLI::Range(1, kMostThreads))
      ->capture_default_str();
}

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
      return kExitUsage;
    case absl::StatusCode::kAborted:
      return kExitDiverged;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    default:
      return kExitFailed;
  }
}

int RunParsed(const CommandList& commands) {
  for (const auto& [command, run] : commands) {
    if (!command->parsed()) continue;
    const absl::Status status = CatchToStatus("unexpected", run);
    std::fflush(stdout);
    if (!status.ok()) {
      std::fprintf(stderr, "lookbook-train %s: %s\n", command->get_name().c_str(),
                   std::string(status.message()).c_str());
    }
    return ExitCode(status);
  }
  return kExitUsage;
}

int ParseAndRun(int argc, const char* const* argv) {
  CLI::App app("Trains, exports, indexes, evaluates and publishes what lookbook-server serves.",
               "lookbook-train");
  app.set_version_flag("--version", absl::StrCat("lookbook-train ", std::string(Version()), " (",
                                                 std::string(GitCommit()), ")"));
  app.require_subcommand(1);
  app.footer(kFooter);
  CommandList commands;
  AddSynthCommand(app, &commands);
  AddEdaCommand(app, &commands);
  AddPrepareCommand(app, &commands);
  AddPipelineCommands(app, &commands);
  AddEvaluateCommand(app, &commands);
  AddCompareCommand(app, &commands);
  AddReproduceCommand(app, &commands);
  AddPredictCommand(app, &commands);
  AddReportCommand(app, &commands);
  AddSignCommand(app, &commands);
  AddVerifyCommand(app, &commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kExitOk : kExitUsage;
  }
  return RunParsed(commands);
}

}  // namespace lookbook
