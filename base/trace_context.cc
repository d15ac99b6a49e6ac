#include "base/trace_context.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace lookbook {
namespace {

// "VV-" and the ids and flags behind it, each "-" at its place.
constexpr size_t kTraceAt = 3, kTraceDash = 35, kSpanAt = 36, kSpanDash = 52, kFlagsAt = 53;
constexpr size_t kVersion00Bytes = 55;
constexpr uint64_t kNoVersion = 0xff;
constexpr uint64_t kSampled = 0x01;

constexpr size_t kMaxStateBytes = 512;
constexpr size_t kMaxStateEntries = 32;

bool ParseHex(absl::string_view digits, uint64_t* value) {
  *value = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return false;
    *value = *value << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return true;
}

std::string HexText(uint64_t value) { return absl::StrCat(absl::Hex(value, absl::kZeroPad16)); }

uint64_t RandomId() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  uint64_t id = 0;
  while (id == 0) id = random();
  return id;
}

bool IsKeyPart(absl::string_view text, size_t most, bool digit_first) {
  if (text.empty() || text.size() > most) return false;
  if (!absl::ascii_islower(text[0]) && !(digit_first && absl::ascii_isdigit(text[0]))) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-*/") ==
         absl::string_view::npos;
}

// "vendor" or "tenant@vendor".
bool IsKey(absl::string_view text) {
  const size_t at = text.find('@');
  if (at == absl::string_view::npos) return IsKeyPart(text, 256, /*digit_first=*/false);
  return IsKeyPart(text.substr(0, at), 241, /*digit_first=*/true) &&
         IsKeyPart(text.substr(at + 1), 14, /*digit_first=*/false);
}

bool IsValue(absl::string_view text) {
  if (text.empty() || text.size() > 256 || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

absl::string_view WithoutBlanks(absl::string_view entry) {
  const size_t first = entry.find_first_not_of(" \t");
  if (first == absl::string_view::npos) return "";
  return entry.substr(first, entry.find_last_not_of(" \t") - first + 1);
}

// The entries of a good tracestate, without the blanks between them; nullopt of another one.
std::optional<std::vector<absl::string_view>> StateEntries(absl::string_view header) {
  if (header.size() > kMaxStateBytes) return std::nullopt;
  std::vector<absl::string_view> entries;
  std::set<absl::string_view> keys;
  for (const absl::string_view between : absl::StrSplit(header, ',')) {
    const absl::string_view entry = WithoutBlanks(between);
    if (entry.empty()) continue;  // The standard lets lists have such.
    const size_t equals = entry.find('=');
    if (equals == absl::string_view::npos) return std::nullopt;
    const absl::string_view key = entry.substr(0, equals);
    if (!IsKey(key) || !IsValue(entry.substr(equals + 1)) || !keys.insert(key).second) {
      return std::nullopt;
    }
    entries.push_back(entry);
  }
  if (entries.empty() || entries.size() > kMaxStateEntries) return std::nullopt;
  return entries;
}

}  // namespace

std::string TraceParent::TraceId() const { return HexText(trace_high) + HexText(trace_low); }

std::string TraceParent::ToHeader() const {
  return absl::StrCat("00-", TraceId(), "-", SpanIdText(span), sampled ? "-01" : "-00");
}

std::string SpanIdText(uint64_t span) { return HexText(span); }

std::optional<TraceParent> ParseTraceParent(absl::string_view header) {
  if (header.size() < kVersion00Bytes || header[kTraceAt - 1] != '-' || header[kTraceDash] != '-' ||
      header[kSpanDash] != '-') {
    return std::nullopt;
  }
  TraceParent parent;
  uint64_t version = 0, flags = 0;
  if (!ParseHex(header.substr(0, 2), &version) ||
      !ParseHex(header.substr(kTraceAt, 16), &parent.trace_high) ||
      !ParseHex(header.substr(kTraceAt + 16, 16), &parent.trace_low) ||
      !ParseHex(header.substr(kSpanAt, 16), &parent.span) ||
      !ParseHex(header.substr(kFlagsAt, 2), &flags)) {
    return std::nullopt;
  }
  if (version == kNoVersion) return std::nullopt;
  const bool longer = header.size() > kVersion00Bytes;
  if (longer && (version == 0 || header[kVersion00Bytes] != '-')) return std::nullopt;
  if ((parent.trace_high == 0 && parent.trace_low == 0) || parent.span == 0) return std::nullopt;
  parent.sampled = (flags & kSampled) != 0;
  return parent;
}

bool IsTraceState(absl::string_view header) { return StateEntries(header).has_value(); }

TraceParent BeginTrace() {
  TraceParent begun;
  begun.trace_high = RandomId();
  begun.trace_low = RandomId();
  begun.span = RandomId();
  return begun;
}

TraceParent NextSpan(const TraceParent& parent) {
  TraceParent next = parent;
  next.span = RandomId();
  return next;
}

std::optional<TraceContext> ParseTraceContext(absl::string_view parent, absl::string_view state) {
  const std::optional<TraceParent> parsed = ParseTraceParent(parent);
  if (!parsed) return std::nullopt;
  // Joined anew: gRPC ends the process when metadata that it is to send hold a tab.
  const auto entries = StateEntries(state);
  return TraceContext{*parsed, entries ? absl::StrJoin(*entries, ",") : std::string()};
}

}  // namespace lookbook
