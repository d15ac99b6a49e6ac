// What fuzz targets share. A target is one file that defines LLVMFuzzerTestOneInput: it hands any
// bytes to a reader of this project and requires of what the reader accepts, and of how it refuses,
// what its header promises. libFuzzer drives it (scripts/fuzz), and in every ordinary build
// plain_main.cc does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/reason.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace lookbook {

inline absl::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process unless `holds`: what both drivers take for a crash.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

inline void RequireCode(const absl::Status& status, absl::StatusCode code) {
  if (status.code() == code) return;
  std::fprintf(stderr, "not the documented status: %s\n", status.ToString().c_str());
  std::abort();
}

// A refusal as the service's callers are promised: INVALID_ARGUMENT with one of `reasons`.
inline void RequireReason(const absl::Status& status, std::initializer_list<const char*> reasons) {
  RequireCode(status, absl::StatusCode::kInvalidArgument);
  const std::string reason = GetReason(status);
  if (std::find(reasons.begin(), reasons.end(), reason) != reasons.end()) return;
  std::fprintf(stderr, "not a documented reason: %s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace lookbook
