#include "models/dataset/data_issues.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {

DataIssue& IssueLog::Find(absl::string_view what) {
  const auto found = std::find_if(issues_.begin(), issues_.end(),
                                  [&](const DataIssue& known) { return known.what == what; });
  if (found != issues_.end()) return *found;
  return issues_.emplace_back(DataIssue{std::string(what), 0, {}});
}

void IssueLog::Add(absl::string_view what, std::string example) {
  DataIssue& issue = Find(what);
  ++issue.count;
  if (issue.examples.size() < kMaxIssueExamples) issue.examples.push_back(std::move(example));
}

void IssueLog::Merge(const std::vector<DataIssue>& issues) {
  for (const DataIssue& other : issues) {
    DataIssue& issue = Find(other.what);
    issue.count += other.count;
    for (const std::string& example : other.examples) {
      if (issue.examples.size() < kMaxIssueExamples) issue.examples.push_back(example);
    }
  }
}

int64_t CountIssues(const std::vector<DataIssue>& issues) {
  int64_t count = 0;
  for (const DataIssue& issue : issues) count += issue.count;
  return count;
}

std::vector<std::string> IssueLines(const std::vector<DataIssue>& issues, size_t per_kind) {
  std::vector<std::string> lines;
  for (const DataIssue& issue : issues) {
    const size_t shown = std::min(per_kind, issue.examples.size());
    for (size_t i = 0; i < shown; ++i)
      lines.push_back(absl::StrCat(issue.examples[i], " (", issue.what, ")"));
    if (issue.count > static_cast<int64_t>(shown))
      lines.push_back(absl::StrCat("… and ", issue.count - shown, " more (", issue.what, ")"));
  }
  if (!issues.empty()) lines.push_back(IssueSummary(issues));
  return lines;
}

std::string IssueSummary(const std::vector<DataIssue>& issues) {
  const int64_t count = CountIssues(issues);
  if (count == 0) return "no problems";
  std::string text = absl::StrCat(count, count == 1 ? " problem" : " problems");
  const char* separator = ": ";
  for (const DataIssue& issue : issues) {
    absl::StrAppend(&text, separator, issue.count, " ", issue.what);
    separator = ", ";
  }
  return text;
}

absl::Status RefuseIssues(const std::vector<DataIssue>& issues) {
  if (CountIssues(issues) == 0) return absl::OkStatus();
  const DataIssue& first = issues.front();
  return absl::InvalidArgumentError(absl::StrCat(
      IssueSummary(issues),
      "; the first: ", first.examples.empty() ? "" : absl::StrCat(first.examples.front(), " "), "(",
      first.what, "); --strict accepts none"));
}

}  // namespace lookbook
