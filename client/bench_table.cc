#include "client/bench_table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace lookbook {
namespace {

std::string PerSecond(double rate) { return absl::StrFormat("%.1f/s", rate); }

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(duration));
}

std::string Percent(double share) { return absl::StrFormat("%.2f %%", 100 * share); }

std::string CoreMilliseconds(double seconds) {
  return absl::StrFormat("%.3f core-ms a query", 1e3 * seconds);
}

std::string Stages(const StageTimes& mean) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < mean.size(); ++i) {
    parts.push_back(absl::StrFormat("%s %.2f", kStageNames[i], 1e3 * mean[i]));
  }
  return absl::StrCat(absl::StrJoin(parts, ", "), " ms");
}

std::string ServerLine(const BenchReport& report) {
  const v1::BundleInfo& bundle = report.bundle;
  return absl::StrCat("lookbook-server ", Printable(report.info.version()), " at ",
                      Printable(report.target), ", ", Printable(report.info.device()), "; bundle ",
                      Printable(bundle.name()), " ", Printable(bundle.bundle_id()), ", ",
                      bundle.items(), " items\n");
}

std::string LoadLine(const BenchReport& report) {
  const LoadDescription& load = report.load;
  std::string loop = absl::StrFormat("closed loop, %d in flight", load.concurrency);
  if (load.rate > 0) {
    loop = absl::StrFormat("open loop (Poisson, seed %d), %.6g/s", load.seed, load.rate);
  }
  if (report.p99_target) {
    loop = absl::StrCat("highest open-loop rate (Poisson, seed ", load.seed, ") with p99 within ",
                        absl::FormatDuration(*report.p99_target));
  }
  return absl::StrFormat("%s; %d channels, %d queries of %.1f MiB in turn, top %d, deadline %s\n",
                         loop, load.channels, load.queries,
                         static_cast<double>(load.query_bytes) / (1 << 20), load.top_k,
                         absl::FormatDuration(load.deadline));
}

class FigureTable {
 public:
  void Add(absl::string_view name, std::string value) {
    table_.AddRow({{std::string(name), Ink::kDim}, {std::move(value)}});
  }
  std::string Render(const TextStyle& style) const { return table_.Render(style, "  "); }

 private:
  Table table_;
};

void AddLatency(const LatencyFigures& latency, FigureTable& table) {
  table.Add("latency p50", Milliseconds(latency.p50));
  table.Add("latency p90", Milliseconds(latency.p90));
  table.Add("latency p95", Milliseconds(latency.p95));
  table.Add("latency p99", Milliseconds(latency.p99));
  table.Add("latency max", Milliseconds(latency.max));
}

std::string Others(const Figures& figures) {
  if (figures.foreign_share) return Percent(*figures.foreign_share) + " of this machine's CPU";
  return "not known; name the server's process with --server-pid";
}

std::string FigureLines(const BenchReport& report, const Figures& figures, const TextStyle& style) {
  FigureTable table;
  if (report.result.rate > 0) table.Add("offered", PerSecond(report.result.rate));
  table.Add("answered", PerSecond(figures.answers_per_second));
  table.Add(absl::StrCat("within ", absl::FormatDuration(report.load.objective)),
            absl::StrCat(PerSecond(figures.within_per_second), ", ", Percent(figures.within_share),
                         " of those due"));
  AddLatency(figures.latency, table);
  if (figures.shed_latency) {
    table.Add("shed", absl::StrCat("p50 ", Milliseconds(figures.shed_latency->p50), ", p99 ",
                                   Milliseconds(figures.shed_latency->p99)));
  }
  table.Add("answers", CodesText(figures.codes));
  if (figures.stage_mean) table.Add("server stages, mean", Stages(*figures.stage_mean));
  if (figures.server_cpu_per_query) {
    table.Add("server CPU", absl::StrCat(CoreMilliseconds(*figures.server_cpu_per_query),
                                         " (process ", report.server_pid.value_or(0), ")"));
  }
  table.Add("generator CPU", CoreMilliseconds(figures.own_cpu_per_query));
  table.Add("others", Others(figures));
  table.Add("sent", absl::StrFormat("%.2f MiB/s", figures.sent_bytes_per_second / (1 << 20)));
  table.Add("windows", absl::StrCat(report.result.windows,
                                    report.result.stable ? ", stable" : ", NOT STABLE"));
  return table.Render(style);
}

std::string ProblemLines(const BenchRow& row, const TextStyle& style) {
  std::string text;
  for (const Problem& problem : row.problems) {
    absl::StrAppend(&text, "  ", Paint(problem.message, Ink::kBad, style), "\n");
  }
  return text;
}

Table::Cell Number(std::string text) { return {std::move(text), Ink::kPlain, true}; }
Table::Cell Head(std::string text, bool right) { return {std::move(text), Ink::kDim, right}; }

std::string ProbeTable(const BenchReport& report, const TextStyle& style) {
  Table table;
  table.AddRow({Head("offered", true), Head("answered", true), Head("p99", true),
                Head("in time", true), Head("windows", true), Head("", false)});
  for (const BenchRow& row : report.probes) {
    const auto value = [&](const std::string& text) {
      return Number(row.figures ? text : std::string("-"));
    };
    const Figures figures = row.figures.value_or(Figures());
    const Ink ink = row.outcome == "met" ? Ink::kGood : Ink::kPlain;
    table.AddRow({Number(row.rate > 0 ? PerSecond(row.rate) : "closed loop"),
                  value(PerSecond(figures.answers_per_second)),
                  value(Milliseconds(figures.latency.p99)),
                  value(Percent(figures.within_share)),
                  Number(absl::StrCat(row.windows)),
                  {row.outcome, ink}});
  }
  return absl::StrCat(table.Render(style, "  "), "\n");
}

std::string FoundLine(const BenchReport& report, const TextStyle& style) {
  const std::string target = absl::FormatDuration(*report.p99_target);
  if (!report.found_rate) {
    return Paint(absl::StrCat("no rate that was tried met p99 within ", target), Ink::kBad, style) +
           "\n";
  }
  return Paint(absl::StrCat("highest rate with p99 within ", target, ": ",
                            PerSecond(*report.found_rate), " offered",
                            report.precise ? "" : " (the search ended before it was precise)"),
               Ink::kBold, style) +
         "\n";
}

}  // namespace

std::string RenderBench(const BenchReport& report, const TextStyle& style) {
  std::string text = absl::StrCat(ServerLine(report), LoadLine(report), "\n");
  if (report.p99_target) absl::StrAppend(&text, ProbeTable(report, style));
  if (!report.result.problems.empty()) {
    return absl::StrCat(text, Paint("no figures:", Ink::kBad, style), "\n",
                        ProblemLines(report.result, style));
  }
  if (report.p99_target) absl::StrAppend(&text, FoundLine(report, style));
  if (report.result.figures) {
    absl::StrAppend(&text, FigureLines(report, *report.result.figures, style));
  }
  return absl::StrCat(text, RecallLine(report.recall), "\n");
}

}  // namespace lookbook
