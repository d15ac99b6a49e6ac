// By what a call is found again, in the log here and in those of others: its trace and its request
// id. docs/logs.md says what is read of a call's metadata and what goes back.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/string_ref.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "base/trace_context.h"

namespace lookbook {

using CallMetadata = std::multimap<grpc::string_ref, grpc::string_ref>;

struct CallTrace {
  TraceParent span;        // The call, as a span of its trace.
  uint64_t caller = 0;     // The span that made it; 0 = nobody said.
  std::string state;       // The trace's `tracestate`; empty = none.
  std::string request_id;  // Never empty, at most kMaxRequestIdBytes.
};

// Of a call with this metadata: a new span of the trace that `traceparent` names, or of a trace of
// its own where there is none, several, or one that is not of the standard's form. `request_id` is
// what the request itself calls itself; where it has none, or one that is too long, `x-request-id`
// of the metadata does, and where that has none either, the span.
CallTrace TraceCall(const CallMetadata& metadata, absl::string_view request_id);

// Of one query of a stream: another span, of the stream's trace and with the stream's caller.
CallTrace TraceQuery(const CallTrace& stream, absl::string_view request_id);

// Into the trailing metadata: `traceparent`, `tracestate` if there is one, and `x-request-id`,
// unless it holds what no metadata may. Once, before the call ends.
void PassOn(const CallTrace& trace, grpc::CallbackServerContext* context);

}  // namespace lookbook
