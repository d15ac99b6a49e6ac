// The wall between libraries that throw and code that returns a Status.
#pragma once

#include <exception>
#include <new>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lookbook {

// What an exception says, without the stack trace that LibTorch appends to it.
inline absl::string_view MessageOf(const std::exception& e) {
  const absl::string_view text = e.what();
  return text.substr(0, text.find("\nException raised from "));
}

// Runs `fn`, which returns a Status or StatusOr, and turns anything it throws
// into a status that begins with `what`: std::bad_alloc becomes
// RESOURCE_EXHAUSTED, everything else INTERNAL.
template <typename Fn>
std::invoke_result_t<Fn> CatchToStatus(absl::string_view what, Fn&& fn) noexcept {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": out of memory"));
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat(what, ": ", MessageOf(e)));
  } catch (...) {
    return absl::InternalError(absl::StrCat(what, ": unknown exception"));
  }
}

}  // namespace lookbook
