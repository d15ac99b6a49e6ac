#include "server/transport/call_trace.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/transport/search_messages.h"

namespace lookbook {
namespace {

constexpr char kTraceParent[] = "traceparent";
constexpr char kTraceState[] = "tracestate";
constexpr char kRequestId[] = "x-request-id";

absl::string_view ToView(grpc::string_ref text) { return {text.data(), text.size()}; }

// Empty where there is none, and where there are several: none of them is the one.
absl::string_view OnlyValue(const CallMetadata& metadata, const char* key) {
  const auto [first, last] = metadata.equal_range(key);
  if (first == last || std::next(first) != last) return "";
  return ToView(first->second);
}

// Lists may come in parts.
std::string JoinedValues(const CallMetadata& metadata, const char* key) {
  std::string joined;
  const auto [first, last] = metadata.equal_range(key);
  for (auto entry = first; entry != last; ++entry) {
    absl::StrAppend(&joined, entry == first ? "" : ",", ToView(entry->second));
  }
  return joined;
}

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes;
}

std::string FirstRequestId(std::initializer_list<absl::string_view> offered, uint64_t span) {
  const auto* const found = std::find_if(offered.begin(), offered.end(), IsRequestId);
  return found != offered.end() ? std::string(*found) : SpanIdText(span);
}

// What gRPC takes as a value: visible ASCII, with blanks between.
bool IsMetadataValue(absl::string_view text) {
  return !text.empty() && text.front() != ' ' && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

CallTrace TraceCall(const CallMetadata& metadata, absl::string_view request_id) {
  CallTrace trace;
  if (const std::optional<TraceContext> given = ParseTraceContext(
          OnlyValue(metadata, kTraceParent), JoinedValues(metadata, kTraceState))) {
    trace.span = NextSpan(given->parent);
    trace.caller = given->parent.span;
    trace.state = given->state;
  } else {
    trace.span = BeginTrace();
  }
  trace.request_id = FirstRequestId({request_id, OnlyValue(metadata, kRequestId)}, trace.span.span);
  return trace;
}

CallTrace TraceQuery(const CallTrace& stream, absl::string_view request_id) {
  CallTrace trace;
  trace.span = NextSpan(stream.span);
  trace.caller = stream.caller;
  trace.state = stream.state;
  trace.request_id = FirstRequestId({request_id}, trace.span.span);
  return trace;
}

void PassOn(const CallTrace& trace, grpc::CallbackServerContext* context) {
  context->AddTrailingMetadata(kTraceParent, trace.span.ToHeader());
  if (!trace.state.empty()) context->AddTrailingMetadata(kTraceState, trace.state);
  if (IsMetadataValue(trace.request_id)) {
    context->AddTrailingMetadata(kRequestId, trace.request_id);
  }
}

}  // namespace lookbook
