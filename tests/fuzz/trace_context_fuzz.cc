// The headers of W3C Trace Context as any caller sends them: two lines.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/trace_context.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

void Check(absl::string_view parent, absl::string_view state) {
  const std::optional<TraceContext> context = ParseTraceContext(parent, state);
  Require(context.has_value() == ParseTraceParent(parent).has_value(),
          "whether there is a trace is traceparent's to say");
  if (!context) {
    return Require(ParseTraceParent(BeginTrace().ToHeader()).has_value(),
                   "one begins here instead");
  }
  const TraceParent& read = context->parent;
  Require((read.trace_high | read.trace_low) != 0 && read.span != 0, "no id is 0");
  const std::string written = read.ToHeader();
  Require(written.size() == 55 && absl::StartsWith(written, "00-"), "version 00 is written");
  Require(parent.substr(3, 49) == absl::string_view(written).substr(3, 49), "the ids are kept");
  const std::optional<TraceParent> again = ParseTraceParent(written);
  Require(again && again->ToHeader() == written, "what is written can be read");
  const TraceParent next = NextSpan(read);
  Require(next.TraceId() == read.TraceId() && next.span != read.span && next.span != 0,
          "the next span is another one of this trace");
  Require(context->state.empty() == !IsTraceState(state), "a state that is good is kept");
  Require(context->state.size() <= 512, "it is bounded");
  Require(std::all_of(context->state.begin(), context->state.end(),
                      [](char c) { return c >= 0x20 && c <= 0x7e; }),
          "metadata can carry it");
  Require(ParseTraceContext(parent, context->state)->state == context->state,
          "what is passed on can be read");
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::pair<absl::string_view, absl::string_view> lines =
      absl::StrSplit(lookbook::AsText(data, size), absl::MaxSplits('\n', 1));
  lookbook::Check(lines.first, lines.second);
  return 0;
}
