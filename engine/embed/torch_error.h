// What torch throws, as a Status.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/exception_fence.h"

namespace lookbook {

// ResourceExhausted when `error` says that memory ran out on the CPU or a device, else Internal.
// The message is `what`, a colon and the cause on one line: the last line of an interpreter's
// report, without C++ stack traces.
absl::Status TorchErrorToStatus(absl::string_view what, const std::exception& error);

// CatchToStatus for code that calls torch: `fn` returns a Status or StatusOr.
template <typename Fn>
std::invoke_result_t<Fn> CatchTorchToStatus(absl::string_view what, Fn&& fn) noexcept {
  return CatchToStatus(what, [&]() -> std::invoke_result_t<Fn> {
    try {
      return std::forward<Fn>(fn)();
    } catch (const std::exception& error) {
      return TorchErrorToStatus(what, error);
    }
  });
}

}  // namespace lookbook
