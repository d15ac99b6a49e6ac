// What a command finds wrong with its data: each problem told once, all counted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "models/dataset/data_issues.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"

namespace lookbook {

// A picture of a labelled set that cannot be read.
struct UnreadablePicture {
  std::string id;
  std::string path;
  int64_t line = 0;  // In its CSV; 0 = it has none.
  std::string why;
};

// `unreadable`: rows of `images`, as an ImageCache notes them.
std::vector<UnreadablePicture> UnreadablePictures(absl::Span<const ImageRecord> images,
                                                  const std::vector<UnreadableImage>& unreadable);
// `unreadable`: "ID: why" in the order of `images`, as EmbedImages notes them.
std::vector<UnreadablePicture> UnreadablePictures(absl::Span<const ImageRecord> images,
                                                  const std::vector<std::string>& unreadable);

// Not thread-safe.
class DataProblems {
 public:
  // `strict`: a problem is an error.
  explicit DataProblems(bool strict) : strict_(strict) {}

  // What the reader of labels found, and told of itself.
  void Count(const std::vector<DataIssue>& issues) { log_.Merge(issues); }

  // From now on `file` has a line for every problem, those counted so far included, by kind and at
  // most kMaxIssueExamples of each, then their summary; it is removed where there is none. Lines of
  // unreadable pictures of `unchanged` CSVs that an earlier command left there stay: steps that are
  // kept do not meet them again. InvalidArgument: `strict`, and some were counted; they are
  // written.
  absl::Status KeepIn(const std::string& file, const std::vector<std::string>& unchanged = {});

  // Pictures of `csv` that are left out. Those that were not told of yet go to standard error:
  // "train.csv:17: PATH: why (unreadable image)", the first five and how many more, whichever step
  // met them. InvalidArgument: `strict`, and there is such a one. Else as writing the file says.
  absl::Status AddUnreadable(const std::string& csv,
                             const std::vector<UnreadablePicture>& pictures);

  // "3 problems: 2 unreadable image, 1 unknown class id"; "no problems".
  std::string Summary() const { return IssueSummary(log_.issues()); }
  // The last line of a command, "problems ", the summary and the name of the file that has them, to
  // standard output; nothing where there are none.
  void PrintSummary() const;

 private:
  absl::Status Write() const;
  absl::Status Refuse(const std::vector<DataIssue>& issues) const;
  std::string InFile() const;  // "; each in FILE"; "" without one.

  const bool strict_;
  IssueLog log_;
  std::string file_;                            // "" = none.
  std::map<std::string, std::string> earlier_;  // "train.csv:17:" -> what an earlier command said.
  absl::flat_hash_set<std::string> told_;       // Paths.
};

}  // namespace lookbook
