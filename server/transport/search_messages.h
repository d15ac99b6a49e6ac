// SearchService's messages <-> the pipeline's types. Pure functions.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lookbook/v1/search.pb.h"
#include "server/pipeline/pipeline.h"

namespace lookbook {

inline constexpr uint32_t kDefaultTopK = 10;
inline constexpr size_t kMaxRequestIdBytes = 128;
inline constexpr size_t kMaxItemIdBytes = 512;
// More than any bundle can use; what is beyond them is not even copied.
inline constexpr int kMaxVectorValues = 1 << 16;
inline constexpr int kMaxFilterIds = 1 << 16;

// What can be refused without knowing a bundle. The query's image is a view into `request`, which
// must outlive it. InvalidArgument with reasons missing_query, bad_item_id, bad_k, bad_similarity,
// bad_request_id, and bad_vector and bad_filter for lists beyond the constants above. Otherwise
// filters, vectors and images are checked by the pipeline.
absl::StatusOr<Query> ToQuery(const v1::SearchRequest& request);
absl::StatusOr<Query> ToQuery(const v1::EmbedRequest& request);

// What counts as the size of a request: that of its message, whatever field it is large by.
size_t QueryBytes(const v1::SearchRequest& request);

// InvalidArgument bad_item_id: empty, longer than 512 bytes, or holding a NUL.
absl::Status CheckItemId(absl::string_view item_id);

// REQUIRES: `result` answers ToQuery(request).
void FillResponse(const v1::SearchRequest& request, const QueryResult& result,
                  v1::SearchResponse* response);
void FillResponse(const v1::EmbedRequest& request, const QueryResult& result,
                  v1::EmbedResponse* response);

}  // namespace lookbook
