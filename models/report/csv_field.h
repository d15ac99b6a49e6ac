// CSV as RFC 4180 has it, for the files that programs write.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// `text` as one field: quoted where it holds a quote, a comma or a line end.
std::string CsvField(absl::string_view text);

}  // namespace lookbook
