// CSV as RFC 4180 has it, for the files that programs write.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// `text` as one field: quoted where it holds a quote, a comma or a line end.
std::string CsvField(absl::string_view text);

// CsvField of a text from outside, such as a file's or a class's name, that no spreadsheet takes
// for a formula: one that begins with = + - @ a tab, a carriage return or ' has a ' before it. So
// a leading ' is always one to leave out.
std::string CsvTextField(absl::string_view text);

}  // namespace lookbook
