// Text of files, environment and flags -> values. Errors say what is wrong with the value; the
// caller adds where it stood.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/config/server_config.h"

namespace lookbook {

absl::StatusOr<int64_t> ParseInteger(absl::string_view text);

// "0", "0,1,3": 1 to 16 numbers of devices.
absl::StatusOr<std::vector<int>> ParseDevices(absl::string_view text);

// `text`, when it is one of `words`.
absl::StatusOr<std::string> ParseOneOf(absl::string_view text,
                                       std::initializer_list<const char*> words);

// "true" | "false".
absl::StatusOr<bool> ParseBool(absl::string_view text);

// "16777216", "16KiB", "16 MiB", "1GiB".
absl::StatusOr<int64_t> ParseBytes(absl::string_view text);
// The shortest text that ParseBytes reads back: "16MiB".
std::string FormatBytes(int64_t bytes);

// "5ms", "1m30s", "0". Negative and infinite ones are refused.
absl::StatusOr<absl::Duration> ParseTimeSpan(absl::string_view text);

// "HOST:PORT": a name, an IPv4 address or an IPv6 address in brackets. Returns it unchanged.
absl::StatusOr<std::string> ParseAddress(absl::string_view text);
// REQUIRES: ParseAddress(address).ok().
int PortOf(absl::string_view address);
// Only programs of this machine reach it. REQUIRES: ParseAddress(address).ok().
bool IsLoopback(absl::string_view address);

// "NAME=PATH"; a name is 1 to 64 of a-z, 0-9, "_", "-", ".".
absl::StatusOr<BundleRoot> ParseBundleRoot(absl::string_view text);

}  // namespace lookbook
