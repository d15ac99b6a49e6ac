// Which images train, validate and test. Stored, so that a run can be repeated and compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

// Indices into FashionData::images; disjoint, ascending.
struct Split {
  std::vector<int64_t> train;
  std::vector<int64_t> validation;
  std::vector<int64_t> test;
  bool near_duplicates_grouped = false;  // Pictures that are nearly the same lie in one part.
};

// "random 80/20" (train/validation), "stratified 80/10/10" (iterative stratification of Sechidis et
// al. 2011, train/validation/test), "all" (everything trains). Any whole percentages that add up to
// 100 work. `groups`: images of one group (GroupNearRows) lie in one part, and parts have their
// sizes only to within a group; empty = every image for itself. The same data, text, seed and
// groups give the same split on every machine.
absl::StatusOr<Split> MakeSplit(absl::string_view text, const FashionData& data, int64_t seed,
                                absl::Span<const int64_t> groups = {});

// JSON with image ids, and whether near duplicates were grouped; the hash of a bundle's manifest is
// SHA-256 of this text.
std::string SplitToJson(const Split& split, const FashionData& data);
absl::StatusOr<Split> SplitFromJson(absl::string_view json, const FashionData& data);

}  // namespace lookbook
