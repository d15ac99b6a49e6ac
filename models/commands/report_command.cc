// report: a run's page and numbers, or one page over several runs.
#include <cstdio>

#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/command_line.h"
#include "models/study/comparison_page.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    R"(With --out: the report step of a published run; writes OUT/report.html, one file that opens without a network,
OUT/metrics.json and OUT/metrics.csv. Of a training that diverged or collapsed: its validations alone.
With work folders: one page that compares their runs, finished or not, in the file that --html names.
Examples:
  lookbook-train report --out out/quick
  lookbook-train report out/quick out/supcon out/triplet --html compare.html)";

struct ReportFlags {
  PipelineOptions pipeline;
  std::vector<std::string> runs;
  std::string html;
};

absl::Status RunReport(const ReportFlags& flags) {
  if (flags.runs.empty() != flags.html.empty()) {
    return absl::InvalidArgumentError(
        "--html FILE goes with the work folders to compare; --out OUT is for one run's report");
  }
  if (flags.runs.empty()) {
    LB_ASSIGN_OR_RETURN(const std::unique_ptr<Pipeline> pipeline, Pipeline::Open(flags.pipeline));
    return pipeline->Report();
  }
  LB_ASSIGN_OR_RETURN(const std::string html, ComparisonPage(flags.runs));
  LB_RETURN_IF_ERROR(WriteFileAtomic(flags.html, html));
  std::printf("report   %zu runs: %s\n", flags.runs.size(), flags.html.c_str());
  return absl::OkStatus();
}

}  // namespace

void AddReportCommand(CLI::App& app, CommandList* commands) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App* command =
      app.add_subcommand("report", "Writes a run's report, or a page that compares several runs");
  command->footer(kFooter);
  AddPipelineFlags(*command, &flags->pipeline);
  command->add_flag("--fresh", flags->pipeline.fresh, "Do it again, whatever earlier runs left");
  command->add_option("runs", flags->runs, "Work folders of the runs to compare");
  command->add_option("--html", flags->html, "The page over them");
  commands->emplace_back(command, [flags] { return RunReport(*flags); });
}

}  // namespace lookbook
