// What a reader of a data set skipped or found odd, and how people are told.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// One kind of problem with its count and its places.
struct DataIssue {
  std::string what;  // "malformed row", "missing image file", …
  int64_t count = 0;
  std::vector<std::string> examples;  // At most kMaxIssueExamples, "train.csv:17: …".
};

// All of them in any set that is of use; a bound on memory for the others.
inline constexpr size_t kMaxIssueExamples = 100'000;

// Counts problems by kind, in the order in which the kinds first came. Not thread-safe.
class IssueLog {
 public:
  IssueLog() = default;
  explicit IssueLog(std::vector<DataIssue> issues) : issues_(std::move(issues)) {}

  void Add(absl::string_view what, std::string example);
  // Adds another log's counts, and its examples as far as there is room.
  void Merge(const std::vector<DataIssue>& issues);
  const std::vector<DataIssue>& issues() const { return issues_; }
  std::vector<DataIssue> Take() { return std::move(issues_); }

 private:
  DataIssue& Find(absl::string_view what);

  std::vector<DataIssue> issues_;
};

int64_t CountIssues(const std::vector<DataIssue>& issues);

// One line a problem, "train.csv:17: too few columns (malformed row)", at most `per_kind` of a kind
// and then how many more there are; a summary as the last line. Empty when there are none.
std::vector<std::string> IssueLines(const std::vector<DataIssue>& issues, size_t per_kind = 5);

// "3 problems: 2 malformed row, 1 unknown class id"; "no problems".
std::string IssueSummary(const std::vector<DataIssue>& issues);

// What --strict makes of them. InvalidArgument with the summary and the first place of the first
// kind when there is any.
absl::Status RefuseIssues(const std::vector<DataIssue>& issues);

}  // namespace lookbook
