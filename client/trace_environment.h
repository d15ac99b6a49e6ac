// The trace that a command was started in.
#pragma once

#include <optional>

#include "base/trace_context.h"

namespace lookbook {

// What TRACEPARENT and TRACESTATE say, as tracing tools set them for the programs that they start;
// nullopt where they say nothing, or nothing of the standard's form.
std::optional<TraceContext> TraceOfEnvironment();

}  // namespace lookbook
