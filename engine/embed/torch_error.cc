#include "engine/embed/torch_error.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

// The CPU allocator throws a plain c10::Error, and the interpreter wraps what an operator threw
// into a std::runtime_error: only the text tells.
bool IsOutOfMemory(const std::exception& error, absl::string_view text) {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         absl::StrContains(text, "DefaultCPUAllocator: ") ||
         absl::EndsWith(absl::StripTrailingAsciiWhitespace(text), "std::bad_alloc") ||
         absl::StrContains(text, "out of memory");
}

std::string TextOf(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

// An interpreter's report is the traceback of the script, then "RuntimeError: " and the operator's
// message.
std::string Cause(absl::string_view text) {
  constexpr absl::string_view kMarker = "RuntimeError: ";
  if (const size_t at = text.rfind(kMarker); at != absl::string_view::npos)
    text = text.substr(at + kMarker.size());
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    if (absl::StartsWith(line, "Exception raised from") ||
        absl::StartsWith(line, "C++ CapturedTraceback"))
      break;
    lines.push_back(absl::StripAsciiWhitespace(line));
  }
  return absl::StrJoin(lines, " ");
}

}  // namespace

absl::Status TorchErrorToStatus(absl::string_view what, const std::exception& error) {
  const std::string text = TextOf(error);
  const std::string message = absl::StrCat(what, ": ", Cause(text));
  return IsOutOfMemory(error, text) ? absl::ResourceExhaustedError(message)
                                    : absl::InternalError(message);
}

}  // namespace lookbook
