#include <algorithm>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/command_line.h"
#include "models/commands/cores.h"
#include "models/commands/progress.h"
#include "models/explore/explore.h"
#include "models/explore/explore_json.h"
#include "models/explore/explore_page.h"
#include "models/explore/explore_text.h"
#include "models/report/render_page.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(Writes OUT/report.html, one file that opens without a network, and OUT/eda.json with every number.
DATA holds the CSV, label_descriptions.json, the pictures in the folder named like the CSV, and, where
they are, holdout.csv with holdout/ and unlabelled pictures in test/.
Bad rows and pictures are listed and do not end it; with --strict they make it exit with 2 (the report
is written all the same).
Examples:
  lookbook-train eda data/outfits
  lookbook-train eda ~/imaterialist --out out/imaterialist --strict)";

struct EdaFlags {
  ExploreOptions explore;
  std::string out = "out/eda";
  bool strict = false;
};

// A progress line for each phase.
class Phases {
 public:
  void Update(absl::string_view phase, int64_t done, int64_t total) {
    if (line_ == nullptr || phase_ != phase) {
      phase_ = std::string(phase);
      line_.reset();
      line_ = std::make_unique<ProgressLine>(phase_);
    }
    if (total > 0) line_->Update(done, total);
  }
  void Finish() { line_.reset(); }

 private:
  std::string phase_;
  std::unique_ptr<ProgressLine> line_;
};

absl::Status WriteReport(const Exploration& explored, const std::string& out) {
  LB_RETURN_IF_ERROR(MakeDirectories(out));
  LB_ASSIGN_OR_RETURN(const std::string html, RenderPage(ExplorationPage(explored)));
  LB_RETURN_IF_ERROR(WriteFileAtomic(JoinPath(out, "eda.json"), ExplorationToJson(explored)));
  return WriteFileAtomic(JoinPath(out, "report.html"), html);
}

absl::Status RunEda(EdaFlags flags) {
  Phases phases;
  flags.explore.progress = [&](absl::string_view phase, int64_t done, int64_t total) {
    phases.Update(phase, done, total);
  };
  const absl::Time start = absl::Now();
  LB_ASSIGN_OR_RETURN(const Exploration explored, Explore(flags.explore));
  phases.Finish();
  for (const std::string& line : IssueLines(explored.issues))
    std::fprintf(stderr, "data     %s\n", line.c_str());
  LB_RETURN_IF_ERROR(WriteReport(explored, flags.out));
  std::printf("%sproblems %s%s\n", ExplorationText(explored).c_str(),
              IssueSummary(explored.issues).c_str(),
              explored.issues.empty()
                  ? ""
                  : absl::StrCat("; each in ", JoinPath(flags.out, "eda.json")).c_str());
  std::printf(
      "eda      %s and eda.json, in %s (%.0f pictures/s)\n",
      JoinPath(flags.out, "report.html").c_str(), HumanDuration(absl::Now() - start).c_str(),
      static_cast<double>(explored.images.size()) / std::max(explored.seconds.pictures, 1e-3));
  return flags.strict ? RefuseIssues(explored.issues) : absl::OkStatus();
}

}  // namespace

void AddEdaCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<EdaFlags>();
  flags->explore.threads = Cores();
  CLI::App* command =
      app.add_subcommand("eda", "Looks at a labelled set: a report and its numbers");
  command->footer(kFooter);
  ExploreOptions& explore = flags->explore;
  command->add_option("data,--data", explore.root, "Data set's folder")->required();
  command->add_option("--csv", explore.csv, "Labels, in that folder")->capture_default_str();
  command->add_option("--out", flags->out, "Folder to write")->capture_default_str();
  command->add_flag("--strict", flags->strict, "Any problem with the data makes it exit with 2");
  command
      ->add_option("--holdout-csv", explore.holdout_csv, "Another labelled part, where it is there")
      ->capture_default_str();
  command->add_option("--unlabelled", explore.unlabelled, "Folder of pictures without labels")
      ->capture_default_str();
  command
      ->add_option("--split", explore.split,
                   "Split whose parts near-duplicates must not join, as a recipe's data.split")
      ->capture_default_str();
  command->add_option("--seed", explore.seed, "Of the split and the samples")
      ->capture_default_str();
  command->add_option("--samples", explore.samples, "Pictures with masks to show")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_flag("!--no-duplicates", explore.hashes,
                    "Read headers only: faster, but no near-duplicates and no damaged pixels");
  AddThreadsFlag(*command, &explore.threads);
  commands->emplace_back(command, [flags] { return RunEda(*flags); });
}

}  // namespace lookbook
