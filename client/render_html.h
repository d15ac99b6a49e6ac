// The contact sheet: queries and their neighbours as one HTML page that needs no network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/class_names.h"
#include "client/query_result.h"

namespace lookbook {

struct ContactSheet {
  std::string title = "Contact sheet";
  std::string server;                // Address that was asked.
  std::string created;               // Date for people to read.
  std::vector<QueryResult> queries;  // In the order of the page; failed ones are shown as such.
  std::map<std::string, std::string> thumbnails;  // Item id -> JPEG bytes; may lack items.
  ClassNames names;
};

// Everything from outside is escaped, pictures become data URIs (bytes that are
// neither JPEG nor PNG are left out), and the page forbids scripts by its own
// policy. Where a query knows its true classes, neighbours show their Jaccard
// overlap with them. Internal: the built-in template is broken.
absl::StatusOr<std::string> RenderContactSheet(const ContactSheet& sheet);

}  // namespace lookbook
