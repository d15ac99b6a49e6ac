// index/index.json of a run: what the index step found out, for the manifest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/indexing/index_recall.h"

namespace lookbook {

// Raise it when the index step makes other files of the same model and pictures: kept work folders
// are then indexed anew.
inline constexpr int kIndexStepFormat = 1;

struct IndexFacts {
  int64_t items = 0;
  std::vector<std::string> unreadable;  // "ID: why".
  std::optional<IndexRecall> recall;    // Not of Flat, which finds everything.
};

absl::Status WriteIndexFacts(const std::string& path, const IndexFacts& facts);
// DataLoss: not of this form. Errors of ReadFile().
absl::StatusOr<IndexFacts> ReadIndexFacts(const std::string& path);

// "IVF64,Flat, nprobe=8: recall@10 0.962 (of 800 queries: validation)"; "below 0.95, the largest
// that was tried" follows where the recall is. "Flat, exact".
std::string DescribeIndex(const std::string& spec, const IndexFacts& facts);

}  // namespace lookbook
