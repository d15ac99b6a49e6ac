// The rows of an iMaterialist label file, one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/sha256.h"

namespace lookbook {

// Views are good during the call that receives them.
struct LabelRow {
  int64_t line = 0;                  // In the file, from 1; the header is line 1.
  absl::string_view image_id;        // Unquoted, as it stands.
  absl::string_view class_id;        // "6", or "6_4_12" in the 2019 form.
  absl::string_view attributes_ids;  // "4,12"; empty when the cell or the whole column is missing.
  absl::string_view encoded_pixels;  // The mask (rle.h); empty likewise, as are the next two.
  absl::string_view height;
  absl::string_view width;
};

struct LabelCsvHandlers {
  std::function<void(const LabelRow&)> row;
  // A line with too few or too many columns or an unclosed quote.
  std::function<void(int64_t line, absl::string_view why)> malformed;
  // Read as it should be, but not as the format has it; `what` is "byte order mark", "CRLF line
  // ends" or "column order". May be empty.
  std::function<void(int64_t line, absl::string_view what, absl::string_view why)> odd;
};

// Reads `path` to its end; every byte also goes into `hash`. Columns may stand in any order;
// ImageId and ClassId must be there, the others of LabelRow may be, more are passed over. A byte
// order mark, CRLF and empty lines are fine.
//
// NotFound: no such file. InvalidArgument: no header row, a missing or doubled column, or a line of
// more than 16 MiB (the longest of the real files has some hundred kilobytes). Unavailable: the
// file cannot be read.
absl::Status ReadLabelCsv(const std::string& path, Sha256* hash, const LabelCsvHandlers& handlers);

}  // namespace lookbook
