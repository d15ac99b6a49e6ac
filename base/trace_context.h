// W3C Trace Context (www.w3.org/TR/trace-context, level 1): which trace a call is part of, as the
// headers `traceparent` and `tracestate` say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// A span of a trace. Neither id is 0 in what the functions below return.
struct TraceParent {
  uint64_t trace_high = 0;  // The two halves of the trace's id.
  uint64_t trace_low = 0;
  uint64_t span = 0;
  bool sampled = false;  // Who began the trace may have recorded it.

  std::string TraceId() const;   // 32 hexadecimal digits, lower-case.
  std::string ToHeader() const;  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
};

// 16 hexadecimal digits, lower-case.
std::string SpanIdText(uint64_t span);

// nullopt: not of the form that the standard gives; the trace then begins anew. Strict: lower-case
// digits, no id of zeros, and of version 00 nothing behind the flags. Of a later version, except
// ff, what version 00 has is taken, and what follows after a further "-" is left alone.
std::optional<TraceParent> ParseTraceParent(absl::string_view header);

// True for 1 to 32 entries KEY=VALUE, between commas, of the standard's characters, with keys that
// differ, in at most 512 bytes.
bool IsTraceState(absl::string_view header);

// A trace of its own, by chance, which nobody records. Thread-safe.
TraceParent BeginTrace();

// Another span of the same trace. Thread-safe.
TraceParent NextSpan(const TraceParent& parent);

// Both headers of one call.
struct TraceContext {
  TraceParent parent;
  // The entries of `tracestate` as they came, with nothing but a comma between them, so that any
  // call's metadata can carry it; empty = none.
  std::string state;
};

// nullopt: as ParseTraceParent(). A `state` that is none is left out.
std::optional<TraceContext> ParseTraceContext(absl::string_view parent, absl::string_view state);

}  // namespace lookbook
