#include "server/transport/access_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/reason.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);
const absl::Status kRefused = InvalidArgument("bad_k", "x");
const absl::Status kFault = absl::InternalError("x");

// So many of `calls` such calls are logged.
int Logged(AccessLog* log, const absl::Status& status, int calls, double seconds = 0) {
  int logged = 0;
  for (int i = 0; i < calls; ++i) logged += log->Choose(status, seconds, kStart).has_value();
  return logged;
}

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLogTest() { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }
  ~AccessLogTest() override { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }
};

TEST_F(AccessLogTest, EachKindHasABudgetOfItsOwn) {
  AccessLog log({.requests_per_second = 5, .errors_per_second = 3});
  EXPECT_EQ(Logged(&log, absl::OkStatus(), 100), 5);
  EXPECT_EQ(Logged(&log, kRefused, 100), 3) << "however many went well";
  EXPECT_EQ(Logged(&log, kFault, 100), 20) << "however many were refused";
  EXPECT_TRUE(log.Choose(absl::OkStatus(), 0, kStart + absl::Seconds(1)).has_value());
}

TEST_F(AccessLogTest, NoneIsNoneAndNoDrop) {
  const int64_t requests = LogDrops(LogDrop::kRequest), errors = LogDrops(LogDrop::kError);
  AccessLog log({.requests_per_second = 0, .errors_per_second = 0});
  EXPECT_EQ(Logged(&log, absl::OkStatus(), 10), 0);
  EXPECT_EQ(Logged(&log, kRefused, 10), 0);
  EXPECT_EQ(Logged(&log, kFault, 10), 10);
  EXPECT_EQ(LogDrops(LogDrop::kRequest), requests);
  EXPECT_EQ(LogDrops(LogDrop::kError), errors);
}

TEST_F(AccessLogTest, WhatIsLeftOutIsCountedAndTold) {
  const int64_t requests = LogDrops(LogDrop::kRequest), errors = LogDrops(LogDrop::kError);
  AccessLog log({.requests_per_second = 1, .errors_per_second = 1});
  Logged(&log, absl::OkStatus(), 5);
  Logged(&log, kRefused, 8);
  EXPECT_EQ(LogDrops(LogDrop::kRequest), requests + 4);
  EXPECT_EQ(LogDrops(LogDrop::kError), errors + 7);
  EXPECT_EQ(log.Choose(absl::OkStatus(), 0, kStart + absl::Seconds(1))->left_out, 4);
  EXPECT_EQ(log.Choose(kRefused, 0, kStart + absl::Seconds(1))->left_out, 7);
}

TEST_F(AccessLogTest, ACallThatTakesLongerThanTheBoundIsAWarning) {
  AccessLog log({.requests_per_second = 0, .errors_per_second = 10, .slow = absl::Seconds(1)});
  EXPECT_FALSE(log.Choose(absl::OkStatus(), 1.0, kStart).has_value()) << "at the bound it is not";
  for (const absl::Status& status : {absl::OkStatus(), kRefused}) {
    const auto line = log.Choose(status, 1.001, kStart);
    ASSERT_TRUE(line.has_value()) << "it is kept where calls that go well are not";
    EXPECT_EQ(line->message, "slow call");
    EXPECT_EQ(line->level, LogLevel::kWarning);
  }
  EXPECT_EQ(log.Choose(kFault, 1.001, kStart)->level, LogLevel::kError);
}

TEST_F(AccessLogTest, WhatTheLevelHidesTakesNobodysPlaceAndIsNoDrop) {
  const int64_t requests = LogDrops(LogDrop::kRequest);
  AccessLog log({.requests_per_second = 1, .errors_per_second = 1, .slow = absl::Seconds(1)});
  SetLogLevel(LogLevel::kWarning);
  EXPECT_EQ(Logged(&log, absl::OkStatus(), 10), 0);
  EXPECT_EQ(Logged(&log, kRefused, 10), 0);
  EXPECT_EQ(Logged(&log, absl::OkStatus(), 10, 2.0), 1) << "a slow one is a warning";
  EXPECT_EQ(LogDrops(LogDrop::kRequest), requests);
  SetLogLevel(LogLevel::kInfo);
  EXPECT_EQ(Logged(&log, absl::OkStatus(), 1), 1);
}

class AccessLogLineTest : public AccessLogTest {
 protected:
  // What Write() puts on standard error.
  static std::string Line(const CallRecord& record, const AccessLogLine& line) {
    ::testing::internal::CaptureStderr();
    AccessLog::Write(record, line);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(AccessLogLineTest, ACallIsOneLineWithItsFacts) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kJson);
  CallRecord record;
  record.method = "Search";
  record.status = InvalidArgument("truncated", "the JPEG ends early");
  record.trace.span = *ParseTraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  record.trace.caller = 0xa1;
  record.trace.state = "rojo=1";
  record.trace.request_id = "id\nwith a break";
  record.peer = "ipv4:127.0.0.1:1";
  record.client = "token:app";
  record.bundle_id = "fake-1";
  record.request_bytes = 77;
  record.seconds = 2;
  record.stages = {.decode = 0.5, .preprocess = 0.25, .queue = 1, .embed = 0.125, .search = 0.0625};
  record.image = {"jpeg", 640, 480};
  record.batch = 4;
  const std::string text = Line(record, {LogLevel::kInfo, "call", 3});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  auto line = nlohmann::json::parse(text);
  EXPECT_THAT(line["ts"].get<std::string>(), ::testing::MatchesRegex("[0-9T:.-]+Z"));
  line.erase("ts");
  EXPECT_EQ(line, nlohmann::json::parse(R"({
    "level": "info", "msg": "call", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "span_id": "00f067aa0ba902b7", "parent_id": "00000000000000a1", "tracestate": "rojo=1",
    "request_id": "id\nwith a break", "client": "token:app", "method": "Search",
    "code": "INVALID_ARGUMENT", "reason": "truncated", "error": "", "bytes": 77, "w": 640,
    "h": 480, "fmt": "jpeg", "t_total": 2, "t_decode": 0.5, "t_preprocess": 0.25, "t_queue": 1,
    "t_embed": 0.125, "t_search": 0.0625, "batch": 4, "bundle_id": "fake-1",
    "peer": "ipv4:127.0.0.1:1", "left_out": 3})"));
}

TEST_F(AccessLogLineTest, ACallThatWentWellHasNoReasonAndNobodysSpanBeforeIt) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kJson);
  CallRecord record;
  record.method = "GetInfo";
  const auto line = nlohmann::json::parse(Line(record, {LogLevel::kInfo, "call"}));
  EXPECT_EQ(line["code"], "OK");
  EXPECT_EQ(line["reason"], "");
  EXPECT_EQ(line["parent_id"], "");
  EXPECT_EQ(line["fmt"], "");
}

TEST_F(AccessLogLineTest, AFaultOfOursIsAnErrorWithItsCause) {
  CallRecord record;
  record.method = "Embed";
  record.status = absl::OutOfRangeError("torch: shapes differ");
  record.trace.request_id = "r-1";
  EXPECT_THAT(Line(record, {LogLevel::kError, "internal error"}),
              AllOf(HasSubstr("ERROR internal error"), HasSubstr("code=INTERNAL"),
                    HasSubstr("torch: shapes differ"), HasSubstr("r-1")));
}

}  // namespace
}  // namespace lookbook
