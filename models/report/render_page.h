// A report as one HTML file that opens without a network.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "models/report/page.h"

namespace lookbook {

// Pictures are data URIs; Chart.js, style and script stand in the file. A content security policy
// admits the two scripts by their hashes and nothing else, so that a hostile name that got past the
// escaping would still not run. Light or dark as the reader's system says; from 400 pixels up.
//
// InvalidArgument: a table row, a chart's series or a heat map has another number of values than
// it has columns, labels or cells. Internal: the template fails.
absl::StatusOr<std::string> RenderPage(const ReportPage& page);

// "data:image/jpeg;base64,…" by the file's first bytes; empty when it is neither JPEG nor PNG.
std::string PictureUri(const std::string& file);

}  // namespace lookbook
