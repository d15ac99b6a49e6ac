#include "base/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using ::testing::MatchesRegex;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

// A header of these parts.
std::string Header(const std::string& version, const std::string& trace, const std::string& span,
                   const std::string& flags) {
  return absl::StrCat(version, "-", trace, "-", span, "-", flags);
}

TEST(TraceParentTest, IdsAndTheSampledFlagAreRead) {
  const auto parent = ParseTraceParent(Header("00", kTrace, kSpan, "01"));
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(parent->TraceId(), kTrace);
  EXPECT_EQ(SpanIdText(parent->span), kSpan);
  EXPECT_TRUE(parent->sampled);
  EXPECT_FALSE(ParseTraceParent(Header("00", kTrace, kSpan, "00"))->sampled);
  EXPECT_EQ(parent->ToHeader(), Header("00", kTrace, kSpan, "01"));
}

TEST(TraceParentTest, FlagsThatVersion00DoesNotKnowAreNotPassedOn) {
  const auto parent = ParseTraceParent(Header("00", kTrace, kSpan, "ff"));
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(parent->ToHeader(), Header("00", kTrace, kSpan, "01"));
  EXPECT_FALSE(ParseTraceParent(Header("00", kTrace, kSpan, "02"))->sampled);
}

TEST(TraceParentTest, WhatIsNotOfTheFormIsNone) {
  const std::string good = Header("00", kTrace, kSpan, "01");
  for (const std::string& bad :
       {std::string(),
        std::string("00"),
        std::string(good.size(), '-'),
        good.substr(0, 54),
        good + "0",
        good + "-",
        good + "-00",
        absl::StrCat(" ", good.substr(1)),
        good + " ",
        Header("0", kTrace, kSpan, "01") + "0",
        Header("ff", kTrace, kSpan, "01"),
        Header("0g", kTrace, kSpan, "01"),
        Header("FE", kTrace, kSpan, "01"),
        Header("00", std::string(32, '0'), kSpan, "01"),
        Header("00", kTrace, std::string(16, '0'), "01"),
        Header("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kSpan, "01"),
        Header("00", kTrace, "00F067AA0BA902B7", "01"),
        Header("00", kTrace, kSpan, "0A"),
        Header("00", std::string(31, '1') + "g", kSpan, "01"),
        Header("00", kTrace, std::string(15, '1') + ".", "01"),
        Header("00", kTrace, kSpan, "+1"),
        Header("00", std::string(31, '1'), std::string(17, '1'), "01"),
        absl::StrCat("00_", kTrace, "-", kSpan, "-01"),
        absl::StrCat("00-", kTrace, "_", kSpan, "-01"),
        absl::StrCat("00-", kTrace, "-", kSpan, "_01"),
        absl::StrCat("00-", std::string(32, '\0'), "-", kSpan, "-01")}) {
    EXPECT_FALSE(ParseTraceParent(bad).has_value()) << bad;
  }
}

TEST(TraceParentTest, AnIdMayHaveAHalfOfZeros) {
  const std::string low = std::string(16, '0') + "00000000000000a1";
  const auto parent = ParseTraceParent(Header("00", low, kSpan, "00"));
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(parent->TraceId(), low);
}

TEST(TraceParentTest, OfALaterVersionWhatVersion00HasIsTaken) {
  for (const std::string& later :
       {Header("01", kTrace, kSpan, "01"), Header("cc", kTrace, kSpan, "01") + "-",
        Header("fe", kTrace, kSpan, "03") + "-what-the-future-will-be-like"}) {
    const auto parent = ParseTraceParent(later);
    ASSERT_TRUE(parent.has_value()) << later;
    EXPECT_EQ(parent->ToHeader(), Header("00", kTrace, kSpan, "01")) << "as version 00 says it";
  }
  for (const std::string& bad :
       {Header("cc", kTrace, kSpan, "01") + ".what", Header("cc", kTrace, kSpan, "01") + "1",
        Header("cc", kTrace, kSpan, "0")}) {
    EXPECT_FALSE(ParseTraceParent(bad).has_value()) << bad;
  }
}

TEST(TraceParentTest, ABegunTraceIsNobodysAndCanBeReadBack) {
  std::set<std::string> traces, spans;
  for (int i = 0; i < 100; ++i) {
    const TraceParent begun = BeginTrace();
    EXPECT_THAT(begun.ToHeader(), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
    EXPECT_TRUE(ParseTraceParent(begun.ToHeader()).has_value());
    traces.insert(begun.TraceId());
    spans.insert(SpanIdText(begun.span));
  }
  EXPECT_EQ(traces.size(), 100u);
  EXPECT_EQ(spans.size(), 100u);
}

TEST(TraceParentTest, ANextSpanStaysInItsTrace) {
  const TraceParent parent = *ParseTraceParent(Header("00", kTrace, kSpan, "01"));
  const TraceParent next = NextSpan(parent);
  EXPECT_EQ(next.TraceId(), kTrace);
  EXPECT_NE(next.span, parent.span);
  EXPECT_TRUE(next.sampled);
}

TEST(TraceStateTest, ListsOfTheStandardAreTaken) {
  std::string most = "k0=v";
  for (int i = 1; i < 32; ++i) absl::StrAppend(&most, ",k", i, "=v");
  for (const std::string& good :
       {std::string("rojo=00f067aa0ba902b7"), std::string("rojo=1,congo=t61rcWkgMzE"),
        std::string("a=1 , b=2,\tc=3"), std::string("a=1,,b=2"), std::string("0tenant@vendor=x"),
        std::string("a*/_-9=!\"#$%&'()+-./:;<>?@[]^`{|}~"), std::string("a=with a blank"),
        "a=" + std::string(256, 'v'), std::string(256, 'a') + "=v",
        std::string(241, 'a') + "@" + std::string(14, 'b') + "=v", most}) {
    EXPECT_TRUE(IsTraceState(good)) << good;
  }
}

TEST(TraceStateTest, WhatIsNoListIsRefused) {
  std::string too_many = "k0=v";
  for (int i = 1; i <= 32; ++i) absl::StrAppend(&too_many, ",k", i, "=v");
  for (const std::string& bad :
       {std::string(),
        std::string(" "),
        std::string(","),
        std::string("a"),
        std::string("=v"),
        std::string("a="),
        std::string("a=1,b"),
        std::string("a=1,a=2"),
        std::string("A=1"),
        std::string("1a=1"),
        std::string("a=b=c"),
        std::string("a b=1"),
        std::string("@v=1"),
        std::string("t@=1"),
        std::string("t@1v=1"),
        std::string("t@v@w=1"),
        std::string("a=\x01"),
        std::string("a=\xc3\xa9"),
        "a=" + std::string(257, 'v'),
        std::string(257, 'a') + "=v",
        std::string(242, 'a') + "@b=v",
        "a@" + std::string(15, 'b') + "=v",
        too_many,
        absl::StrCat("a=", std::string(250, 'v'), ",b=", std::string(250, 'v'), ",c=12345")}) {
    EXPECT_FALSE(IsTraceState(bad)) << bad;
  }
}

TEST(TraceContextTest, AStateThatIsNoneCostsTheStateAlone) {
  const std::string parent = Header("00", kTrace, kSpan, "01");
  EXPECT_EQ(ParseTraceContext(parent, "rojo=1")->state, "rojo=1");
  EXPECT_EQ(ParseTraceContext(parent, "rojo")->state, "");
  EXPECT_EQ(ParseTraceContext(parent, "")->parent.TraceId(), kTrace);
  EXPECT_FALSE(ParseTraceContext("nothing", "rojo=1").has_value()) << "whose state would it be?";
}

TEST(TraceContextTest, OfAStateTheEntriesAloneArePassedOn) {
  const auto context =
      ParseTraceContext(Header("00", kTrace, kSpan, "01"), "\ta=1 ,\tb=with a blank,, c=3\t");
  EXPECT_EQ(context->state, "a=1,b=with a blank,c=3") << "no metadata may carry a tab";
}

}  // namespace
}  // namespace lookbook
