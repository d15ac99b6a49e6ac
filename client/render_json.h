// Replies as JSON, one object on one line (without its '\n'). Fields have the names of
// proto/lookbook/v1 and follow protobuf's JSON mapping: 64-bit integers are strings, bytes base64.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/class_names.h"
#include "client/query_result.h"
#include "google/protobuf/message.h"

namespace lookbook {

// Internal: protobuf cannot print the message (no message of proto/lookbook/v1 is one).
absl::StatusOr<std::string> MessageToJsonLine(const google::protobuf::Message& message);

// {"query": NAME, …SearchResponse…}; each neighbour has "class_names" beside "class_ids", and
// "jaccard" where the true classes are known. A failed query: {"query": NAME, "error": {"code",
// "reason", "message"}}.
absl::StatusOr<std::string> QueryToJsonLine(const QueryResult& query, const ClassNames& names);

}  // namespace lookbook
