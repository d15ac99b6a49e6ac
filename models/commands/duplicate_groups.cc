#include "models/commands/duplicate_groups.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

#include "base/status_macros.h"
#include "models/commands/cores.h"
#include "models/commands/progress.h"
#include "models/dataset/near_pairs.h"
#include "models/explore/image_survey.h"

namespace lookbook {
namespace {

absl::StatusOr<std::vector<SurveyedImage>> Hashed(const std::vector<ImageRecord>& images) {
  std::vector<SurveyedImage> out;
  for (const ImageRecord& image : images) out.push_back({.id = image.id, .path = image.path});
  ProgressLine progress("hash");
  const int threads = Cores();
  LB_RETURN_IF_ERROR(
      SurveyImages({.threads = threads,
                    .progress = [&](int64_t done, int64_t total) { progress.Update(done, total); }},
                   &out));
  progress.Finish();
  return out;
}

void PrintGroups(const std::vector<int64_t>& groups) {
  std::map<int64_t, int64_t> sizes;
  for (const int64_t group : groups) ++sizes[group];
  int64_t several = 0, images = 0, largest = 0;
  for (const auto& [unused, size] : sizes) {
    largest = std::max(largest, size);
    if (size < 2) continue;
    ++several;
    images += size;
  }
  std::printf(
      "data     %lld images in %lld groups of nearly the same picture, %lld in the largest; a "
      "group "
      "stays in one part of the split\n",
      static_cast<long long>(images), static_cast<long long>(several),
      static_cast<long long>(largest));
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> GroupNearDuplicates(const std::vector<ImageRecord>& images) {
  LB_ASSIGN_OR_RETURN(const std::vector<SurveyedImage> surveyed, Hashed(images));
  std::vector<uint64_t> hashes;
  std::vector<int64_t> rows;
  for (size_t row = 0; row < surveyed.size(); ++row) {
    if (!surveyed[row].error.empty()) continue;
    hashes.push_back(surveyed[row].hash);
    rows.push_back(static_cast<int64_t>(row));
  }
  const std::vector<int64_t> near = GroupNearRows(hashes, kNearBits);
  std::vector<int64_t> groups(images.size());
  std::iota(groups.begin(), groups.end(), 0);
  for (size_t i = 0; i < rows.size(); ++i) groups[rows[i]] = rows[near[i]];
  PrintGroups(groups);
  return groups;
}

}  // namespace lookbook
