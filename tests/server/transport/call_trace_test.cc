#include "server/transport/call_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::MatchesRegex;

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr uint64_t kCaller = 0x00f067aa0ba902b7;

TEST(CallTraceTest, ACallIsASpanOfItsCallersTrace) {
  const CallTrace trace =
      TraceCall({{"traceparent", kParent}, {"tracestate", "rojo=1"}, {"user-agent", "x"}}, "r-1");
  EXPECT_EQ(trace.span.TraceId(), kTrace);
  EXPECT_TRUE(trace.span.sampled);
  EXPECT_NE(trace.span.span, kCaller);
  EXPECT_EQ(trace.caller, kCaller);
  EXPECT_EQ(trace.state, "rojo=1");
  EXPECT_EQ(trace.request_id, "r-1");
}

TEST(CallTraceTest, WithoutOneThatIsGoodATraceBegins) {
  for (const CallMetadata& metadata :
       {CallMetadata{}, CallMetadata{{"tracestate", "rojo=1"}},
        CallMetadata{{"traceparent", "00-1-2-3"}, {"tracestate", "rojo=1"}},
        CallMetadata{{"traceparent", kParent}, {"traceparent", kParent}},
        CallMetadata{{"traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"}}}) {
    const CallTrace trace = TraceCall(metadata, "");
    EXPECT_THAT(trace.span.ToHeader(), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
    EXPECT_NE(trace.span.TraceId(), kTrace);
    EXPECT_EQ(trace.caller, 0u);
    EXPECT_EQ(trace.state, "") << "a state is nothing without its trace";
  }
}

TEST(CallTraceTest, AStateMayComeInParts) {
  const CallTrace trace = TraceCall(
      {{"traceparent", kParent}, {"tracestate", "rojo=1"}, {"tracestate", "congo=2"}}, "");
  EXPECT_EQ(trace.state, "rojo=1,congo=2");
  EXPECT_EQ(TraceCall({{"traceparent", kParent}, {"tracestate", "rojo=1,\tcongo=2"}}, "").state,
            "rojo=1,congo=2");
  EXPECT_EQ(TraceCall({{"traceparent", kParent}, {"tracestate", "no list"}}, "").state, "");
}

TEST(CallTraceTest, TheRequestsOwnIdComesFirstThenThatOfTheMetadataThenTheSpan) {
  const CallMetadata metadata = {{"x-request-id", "proxy-7"}};
  EXPECT_EQ(TraceCall(metadata, "r-1").request_id, "r-1");
  EXPECT_EQ(TraceCall(metadata, "").request_id, "proxy-7");
  const CallTrace of_nothing = TraceCall({}, "");
  EXPECT_EQ(of_nothing.request_id, SpanIdText(of_nothing.span.span));
}

TEST(CallTraceTest, IdsThatAreTooLongOrSeveralCountAsNone) {
  const std::string most(128, 'r'), more(129, 'r');
  EXPECT_EQ(TraceCall({}, most).request_id, most);
  EXPECT_THAT(TraceCall({}, more).request_id, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(TraceCall({{"x-request-id", "proxy-7"}}, more).request_id, "proxy-7");
  EXPECT_THAT(TraceCall({{"x-request-id", more}}, "").request_id, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_THAT(TraceCall({{"x-request-id", "a"}, {"x-request-id", "b"}}, "").request_id,
              MatchesRegex("[0-9a-f]{16}"));
}

TEST(CallTraceTest, WhoACallerSaysItIsIsNotTakenForAnId) {
  const CallTrace trace = TraceCall({{"authorization", "Bearer t-secret"}}, "");
  EXPECT_EQ(trace.request_id, SpanIdText(trace.span.span));
  EXPECT_EQ(trace.state, "");
}

TEST(CallTraceTest, QueriesOfAStreamAreSpansOfItsTrace) {
  const CallTrace stream = TraceCall({{"traceparent", kParent}, {"tracestate", "rojo=1"}}, "");
  const CallTrace first = TraceQuery(stream, "r-1"), second = TraceQuery(stream, "");
  for (const CallTrace& query : {first, second}) {
    EXPECT_EQ(query.span.TraceId(), kTrace);
    EXPECT_NE(query.span.span, stream.span.span);
    EXPECT_EQ(query.caller, kCaller);
    EXPECT_EQ(query.state, "rojo=1");
  }
  EXPECT_NE(first.span.span, second.span.span);
  EXPECT_EQ(first.request_id, "r-1");
  EXPECT_EQ(second.request_id, SpanIdText(second.span.span));
}

}  // namespace
}  // namespace lookbook
