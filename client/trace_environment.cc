#include "client/trace_environment.h"

#include <cstdlib>

#include "absl/strings/string_view.h"

namespace lookbook {
namespace {

absl::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<TraceContext> TraceOfEnvironment() {
  return ParseTraceContext(Variable("TRACEPARENT"), Variable("TRACESTATE"));
}

}  // namespace lookbook
