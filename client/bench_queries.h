// The queries of a load, in memory before it begins: reading files would be measured otherwise.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "client/query_source.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

// All of them together.
inline constexpr uint64_t kMaxQueryBytes = uint64_t{1} << 30;

struct BenchQueries {
  std::vector<v1::SearchRequest> requests;
  uint64_t bytes = 0;  // Of the pictures.
};

// `shared` with each source as its query, in order. The first source that cannot be read fails all,
// with its name in the message; ResourceExhausted: more than `max_bytes` of pictures.
absl::StatusOr<BenchQueries> LoadQueries(const std::vector<QuerySource>& sources, bool include_self,
                                         const v1::SearchRequest& shared,
                                         uint64_t max_bytes = kMaxQueryBytes);

}  // namespace lookbook
