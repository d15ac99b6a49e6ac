// label_descriptions.json, and ids -> columns.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

// Columns follow the order of the file's "categories" and "attributes"; ids may have gaps (2020:
// 294 attributes with ids up to 340). "attributes" may be missing. `name` begins every error
// message.
//
// InvalidArgument: not JSON, no "categories", an entry without an id in [0, 2^32) or without a
// name, an id twice.
absl::StatusOr<LabelSpace> ParseLabelDescriptions(absl::string_view json, absl::string_view name);

// Immutable. Thread-safe.
class ColumnIndex {
 public:
  explicit ColumnIndex(const std::vector<Label>& labels);
  std::optional<int> Find(uint32_t id) const;

 private:
  absl::flat_hash_map<uint32_t, int> columns_;
};

}  // namespace lookbook
