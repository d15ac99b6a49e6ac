#include "server/config/values.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

struct ByteUnit {
  const char* suffix;
  int64_t bytes;
};
constexpr std::array<ByteUnit, 3> kByteUnits = {
    {{"GiB", int64_t{1} << 30}, {"MiB", int64_t{1} << 20}, {"KiB", int64_t{1} << 10}}};

absl::Status Refuse(absl::string_view text, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("\"", absl::CEscape(text), "\" is not ", wanted));
}

bool IsNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-' || c == '.';
}

}  // namespace

absl::StatusOr<int64_t> ParseInteger(absl::string_view text) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value)) return Refuse(text, "an integer");
  return value;
}

absl::StatusOr<std::vector<int>> ParseDevices(absl::string_view text) {
  constexpr size_t kMost = 16;
  std::vector<int> devices;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    int device = -1;
    if (!absl::SimpleAtoi(part, &device) || device < 0 || devices.size() == kMost) {
      return Refuse(text, "1 to 16 numbers of devices, such as \"0\" or \"0,1\"");
    }
    devices.push_back(device);
  }
  return devices;
}

absl::StatusOr<std::string> ParseOneOf(absl::string_view text,
                                       std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (text == word) return std::string(text);
  }
  return Refuse(text, absl::StrJoin(words, " or "));
}

absl::StatusOr<bool> ParseBool(absl::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Refuse(text, "true or false");
}

absl::StatusOr<int64_t> ParseBytes(absl::string_view text) {
  absl::string_view number = text;
  int64_t unit = 1;
  for (const ByteUnit& candidate : kByteUnits) {
    if (absl::ConsumeSuffix(&number, candidate.suffix)) unit = candidate.bytes;
  }
  int64_t count = 0;
  if (!absl::SimpleAtoi(number, &count) || count < 0 ||
      count > std::numeric_limits<int64_t>::max() / unit) {
    return Refuse(text, "a number of bytes, such as 16777216 or \"16MiB\"");
  }
  return count * unit;
}

std::string FormatBytes(int64_t bytes) {
  for (const ByteUnit& unit : kByteUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) return absl::StrCat(bytes / unit.bytes, unit.suffix);
  }
  return absl::StrCat(bytes);
}

absl::StatusOr<absl::Duration> ParseTimeSpan(absl::string_view text) {
  absl::Duration span;
  if (!absl::ParseDuration(text, &span) || span < absl::ZeroDuration() ||
      span == absl::InfiniteDuration()) {
    return Refuse(text, "a time span, such as \"5ms\" or \"10s\"");
  }
  return span;
}

absl::StatusOr<std::string> ParseAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  int port = -1;
  const bool good = colon != absl::string_view::npos && colon > 0 &&
                    absl::SimpleAtoi(text.substr(colon + 1), &port) && port >= 0 && port <= 65535;
  const absl::string_view host = text.substr(0, good ? colon : 0);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  const bool plain = host.find_first_of(":[]/, ") == absl::string_view::npos;
  if (!good || !(bracketed || plain)) return Refuse(text, "an address of the form HOST:PORT");
  return std::string(text);
}

int PortOf(absl::string_view address) {
  int port = 0;
  (void)absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port);
  return port;
}

bool IsLoopback(absl::string_view address) {
  return absl::StartsWith(address, "127.") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]");
}

absl::StatusOr<BundleRoot> ParseBundleRoot(absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos) return Refuse(text, "of the form NAME=PATH");
  BundleRoot root{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  if (root.name.empty() || root.name.size() > 64 ||
      !std::all_of(root.name.begin(), root.name.end(), IsNameCharacter)) {
    return Refuse(root.name, "a bundle name: 1 to 64 of a-z, 0-9, \"_\", \"-\", \".\"");
  }
  if (root.path.empty()) return Refuse(text, "of the form NAME=PATH: the path is empty");
  return root;
}

}  // namespace lookbook
