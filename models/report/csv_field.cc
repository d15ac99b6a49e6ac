#include "models/report/csv_field.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace lookbook {

std::string CsvField(absl::string_view text) {
  if (text.find_first_of("\",\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string CsvTextField(absl::string_view text) {
  const bool guarded = !text.empty() && absl::StrContains("=+-@\t\r'", text.substr(0, 1));
  return CsvField(absl::StrCat(guarded ? "'" : "", text));
}

}  // namespace lookbook
