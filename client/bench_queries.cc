#include "client/bench_queries.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/prefix.h"

namespace lookbook {
absl::StatusOr<BenchQueries> LoadQueries(const std::vector<QuerySource>& sources, bool include_self,
                                         const v1::SearchRequest& shared, uint64_t max_bytes) {
  BenchQueries queries;
  for (const QuerySource& source : sources) {
    v1::SearchRequest request = shared;
    const absl::Status status = FillQuery(source, include_self, request);
    if (!status.ok()) return WithPrefixOnce(source.name, status);
    queries.bytes += request.image().size();
    if (queries.bytes > max_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat("the pictures are more than ", max_bytes,
                                                       " bytes together; give fewer of them"));
    }
    queries.requests.push_back(std::move(request));
  }
  return queries;
}

}  // namespace lookbook
