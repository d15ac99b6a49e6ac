// One query with what became of it: what every output format is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

struct QueryResult {
  std::string name;  // Path, "(stdin)" or item id.
  absl::Status status;
  v1::SearchResponse response;  // Empty unless `status` is OK.
  std::string picture;          // JPEG or PNG bytes where the output shows them, else empty.
  std::optional<std::vector<uint32_t>> true_classes;  // Ids, where the caller knows them.
};

}  // namespace lookbook
