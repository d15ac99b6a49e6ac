#include "models/study/study_tables.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "models/study/markdown.h"
#include "models/study/study_pairs.h"

namespace lookbook {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

// A column of T1 that shows one of EvaluationValues.
struct ValueColumn {
  const char* title;
  const char* key;
  int decimals;
  bool interval;
};
constexpr ValueColumn kColumns[] = {{"mAP", "map", 3, true},
                                    {"F1 macro", "f1_macro", 3, true},
                                    {"F1 supp.", "f1_macro_supported", 3, false},
                                    {"F1 micro", "f1_micro", 3, false},
                                    {"R@1 strict", "recall_at_1_strict", 3, false},
                                    {"R@1 J50", "recall_at_1_j50", 3, true},
                                    {"P@10 any", "precision_at_10_any", 3, false},
                                    {"MAP@R J50", "map_at_r_j50", 3, false},
                                    {"nDCG@10 S", "ndcg_at_10", 3, true},
                                    {"nDCG@10 J", "ndcg_at_10_jaccard", 3, false},
                                    {"ACG@10", "acg_at_10", 2, false},
                                    {"std·√D", "std_sqrt_d", 2, false},
                                    {"eff. rank", "effective_rank", 1, false},
                                    {"unif.", "uniformity", 2, false},
                                    {"hub skew", "hub_skew", 1, false},
                                    {"max share", "hub_share", 3, false},
                                    {"distinct", "distinct_share", 2, false}};

std::optional<double> ValueOf(const StudyRow& row, const char* key) {
  const auto found = row.values.find(key);
  if (found == row.values.end() || !std::isfinite(found->second)) return std::nullopt;
  return found->second;
}

std::string Number(double value, int decimals) {
  return std::isfinite(value) ? absl::StrFormat("%.*f", decimals, value) : kNothing;
}

// "0.812 [0.80, 0.83]", "0.81", or the sign for nothing.
std::string Cell(const StudyRow& row, const ValueColumn& column) {
  const std::optional<double> value = ValueOf(row, column.key);
  if (!value.has_value()) return kNothing;
  const std::string text = Number(*value, column.decimals);
  const auto interval = row.intervals.find(column.key);
  if (!column.interval || interval == row.intervals.end()) return text;
  return absl::StrFormat("%s [%.*f, %.*f]", text, column.decimals, interval->second.low,
                         column.decimals, interval->second.high);
}

std::string Seconds(double seconds) {
  if (seconds <= 0) return kNothing;
  return seconds < 100 ? absl::StrFormat("%.0f s", seconds)
                       : absl::StrFormat("%.1f min", seconds / 60);
}

std::string Parameters(int64_t parameters) {
  return parameters > 0 ? absl::StrFormat("%.2f M", static_cast<double>(parameters) / 1e6)
                        : kNothing;
}

// What became of the run.
std::string OutcomeText(const StudyRow& row) {
  if (!row.failure.empty()) return row.failure;
  return row.same_as.empty() ? row.guard : SameAsText(row);
}

// The facts of a run before its values.
std::vector<std::string> Facts(const StudyRow& row) {
  return {row.run,
          row.backbone,
          row.init,
          row.loss,
          row.dim > 0 ? absl::StrCat(row.dim) : "",
          row.baseline ? "" : Parameters(row.parameters),
          row.baseline ? "" : absl::StrCat(row.length, " / ", Seconds(row.train_seconds)),
          OutcomeText(row)};
}

double MeanOf(const std::vector<double>& values) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? NAN : sum / static_cast<double>(count);
}

// The rows that have classes, and the order of those: commonest first.
struct ClassView {
  std::vector<const StudyRow*> rows;
  std::vector<size_t> order;
};

ClassView ViewClasses(const Study& study) {
  ClassView out;
  for (const StudyRow& row : study.rows) {
    if (!row.classes.empty()) out.rows.push_back(&row);
  }
  if (out.rows.empty()) return out;
  const std::vector<StudyClass>& classes = out.rows.front()->classes;
  for (size_t i = 0; i < classes.size(); ++i) out.order.push_back(i);
  std::stable_sort(out.order.begin(), out.order.end(), [&classes](size_t a, size_t b) {
    return classes[a].support > classes[b].support;
  });
  return out;
}

std::vector<double> ClassValues(const StudyRow& row, const std::vector<size_t>& order,
                                double StudyClass::*member) {
  std::vector<double> out;
  for (const size_t i : order) out.push_back(i < row.classes.size() ? row.classes[i].*member : NAN);
  return out;
}

// One table: a line a class and three of means, a column a run.
std::string ClassTable(const ClassView& view, double StudyClass::*member) {
  MarkdownTable table({"class", "support"});
  for (const StudyRow* row : view.rows) table.AddColumn(row->run);
  for (const size_t i : view.order) {
    const StudyClass& named = view.rows.front()->classes[i];
    std::vector<std::string> line = {named.name, absl::StrCat(named.support)};
    for (const StudyRow* row : view.rows)
      line.push_back(Number(ClassValues(*row, {i}, member).front(), 3));
    table.AddLine(line);
  }
  const char* const names[] = {"commonest third", "middle third", "rarest third"};
  const size_t n = view.order.size();
  for (size_t third = 0; third < 3; ++third) {
    const std::vector<size_t> part(view.order.begin() + static_cast<int64_t>(third * n / 3),
                                   view.order.begin() + static_cast<int64_t>((third + 1) * n / 3));
    std::vector<std::string> line = {absl::StrCat("*", names[third], "*"), ""};
    for (const StudyRow* row : view.rows)
      line.push_back(Number(MeanOf(ClassValues(*row, part, member)), 3));
    table.AddLine(line);
  }
  return table.Text();
}

}  // namespace

std::string SameAsText(const StudyRow& row) { return absl::StrCat("same as ", row.same_as); }

std::string TableOfResults(const Study& study) {
  MarkdownTable table({"run", "backbone", "init", "loss", "D", "params", "epochs / time", "guard"});
  for (const ValueColumn& column : kColumns) table.AddColumn(column.title);
  for (const StudyRow& row : study.rows) {
    std::vector<std::string> line = Facts(row);
    for (const ValueColumn& column : kColumns) line.push_back(Cell(row, column));
    table.AddLine(line);
  }
  return table.Text();
}

std::string TableOfClasses(const Study& study) {
  const ClassView view = ViewClasses(study);
  if (view.rows.empty()) return "No row has classes.\n";
  return absl::StrCat("Average precision:\n\n", ClassTable(view, &StudyClass::ap),
                      "\nF1 at 0.5:\n\n", ClassTable(view, &StudyClass::f1));
}

std::string TableOfCosts(const Study& study) {
  MarkdownTable table({"run", "train images/s", "embed images/s", "peak RSS MiB", "model MiB"});
  for (const StudyRow& row : study.rows) {
    if (row.baseline || !row.failure.empty() || !row.same_as.empty()) continue;
    const auto positive = [](double value) { return value > 0 ? Number(value, 0) : kNothing; };
    table.AddLine({row.run, positive(row.train_images_per_second),
                   positive(row.embed_images_per_second),
                   positive(static_cast<double>(row.peak_rss_bytes) / kMebibyte),
                   Number(static_cast<double>(row.model_bytes) / kMebibyte, 1)});
  }
  return table.Text();
}

std::string TableOfPairs(const Study& study) {
  MarkdownTable table({"A", "B", "metric", "A", "B", "B - A", "95 % interval", "p", "verdict"});
  for (const StudyComparison& pair : study.pairs) {
    for (const MetricComparison& metric : HeadlineMetrics(pair.comparison)) {
      const PairedDifference& r = metric.result;
      table.AddLine({pair.a, pair.b, metric.metric, Number(r.a, 3), Number(r.b, 3),
                     absl::StrFormat("%+.3f", r.difference.value),
                     absl::StrFormat("%+.3f … %+.3f", r.difference.low, r.difference.high),
                     absl::StrFormat("%.3f", r.p), Verdict(r)});
    }
  }
  return table.Text();
}

std::string StudyToMarkdown(const Study& study) {
  std::string out =
      absl::StrCat("# Study on ", study.data, "\n\n", study.queries,
                   " queries, each among the others. ", study.excluded_strict,
                   " share more than three classes with nothing and stand outside \"strict\"; ",
                   study.excluded_j50,
                   " have nothing of Jaccard index 0.5 or more and stand outside \"J50\".\n");
  if (!study.settings.empty()) {
    absl::StrAppend(&out, "Replaced in every recipe: ", absl::StrJoin(study.settings, ", "), ".\n");
  }
  const bool twins = std::any_of(study.rows.begin(), study.rows.end(),
                                 [](const StudyRow& row) { return !row.same_as.empty(); });
  if (twins) {
    absl::StrAppend(&out,
                    "\"same as X\": with what was replaced, all settings are X's; it was not "
                    "trained again, and pairs name X.\n");
  }
  absl::StrAppend(&out,
                  "In brackets: 95 % bootstrap interval over the queries, bias-corrected.\n\n## "
                  "T1: results\n\n",
                  TableOfResults(study));
  if (!study.pairs.empty()) {
    absl::StrAppend(&out,
                    "\n## Pairs\n\nPaired bootstrap over the same queries. A claim stands when the "
                    "interval excludes 0, which is where p < 0.05.\n\n",
                    TableOfPairs(study));
  }
  absl::StrAppend(&out, "\n## T2: classes\n\n", TableOfClasses(study), "\n## T3: costs\n\n",
                  TableOfCosts(study));
  return out;
}

std::string StudyText(const Study& study) {
  size_t width = 3;
  for (const StudyRow& row : study.rows) width = std::max(width, row.run.size());
  std::string out = absl::StrFormat("%-*s %20s %8s %8s %8s %7s %6s  %s\n", width, "run", "mAP",
                                    "F1", "R@1 J50", "nDCG@10", "std·√D", "hubs", "guard");
  for (const StudyRow& row : study.rows) {
    absl::StrAppendFormat(&out, "%-*s %20s", width, row.run, Cell(row, kColumns[0]));
    for (const auto& [key, decimals, space] :
         {std::tuple{"f1_macro", 3, 8}, std::tuple{"recall_at_1_j50", 3, 8},
          std::tuple{"ndcg_at_10", 3, 8}, std::tuple{"std_sqrt_d", 2, 6},
          std::tuple{"hub_share", 3, 6}}) {
      const std::optional<double> value = ValueOf(row, key);
      absl::StrAppendFormat(&out, " %*s", space,
                            value.has_value() ? Number(*value, decimals) : "-");
    }
    absl::StrAppend(&out, "  ", absl::StrReplaceAll(OutcomeText(row), {{"\n", " "}}), "\n");
  }
  return out;
}

}  // namespace lookbook
