// From finished queries to a contact sheet on disk.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/render_html.h"
#include "client/search_client.h"

namespace lookbook {

// Fetches the thumbnail of every neighbour on the sheet once, `concurrency`
// calls at a time. Items without one stay without. The first error is returned;
// what was fetched before it is kept.
absl::Status FetchThumbnails(const SearchClient& client, const std::string& bundle, int concurrency,
                             ContactSheet& sheet);

// Replaces `path` whole; returns the number of bytes written.
absl::StatusOr<size_t> WriteContactSheet(const ContactSheet& sheet, const std::string& path);

}  // namespace lookbook
