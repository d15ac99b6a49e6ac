#include "base/logging.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/last_words.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

constexpr char kTime[] = "2026-11-23T10:15:00.123Z";

TEST(FormatLogLineTest, TextShowsFieldsAsNameEqualsValue) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kInfo, kTime, "bundle loaded",
                          {{"bundle", "main"}, {"seconds", 1.5}, {"why", "a b"}}),
            "2026-11-23T10:15:00.123Z INFO bundle loaded bundle=main seconds=1.5 why=\"a b\"");
}

TEST(FormatLogLineTest, JsonParsesAndKeepsNumbersAsNumbers) {
  const auto line = nlohmann::json::parse(FormatLogLine(
      LogFormat::kJson, LogLevel::kWarning, kTime, "slow", {{"ms", 12}, {"ok", false}, {"id", "x"}}));
  EXPECT_EQ(line["ts"], kTime);
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["msg"], "slow");
  EXPECT_EQ(line["ms"], 12);
  EXPECT_EQ(line["ok"], false);
  EXPECT_EQ(line["id"], "x");
}

TEST(FormatLogLineTest, HostileTextStaysOnOneLineAndParses) {
  const std::string hostile = "a\"\n{\"level\":\"error\"}\r\x01\xff";
  for (LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line =
        FormatLogLine(format, LogLevel::kInfo, kTime, hostile, {{"uri", hostile}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.find('\r'), std::string::npos);
  }
  const auto parsed = nlohmann::json::parse(
      FormatLogLine(LogFormat::kJson, LogLevel::kInfo, kTime, hostile, {{"uri", hostile}}));
  EXPECT_EQ(parsed["level"], "info");
}

TEST(FormatLogLineTest, NoControlCharacterIsWrittenAsItIs) {
  for (char control = 0; control < 0x20; ++control) {
    const std::string text = {'a', control, 'b'};
    for (LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
      const std::string line =
          FormatLogLine(format, LogLevel::kInfo, kTime, text, {{"uri", text}});
      EXPECT_EQ(line.find(control), std::string::npos) << int{control} << " in " << line;
    }
  }
}

TEST(FormatLogLineTest, NumbersThatJsonCannotHoldAreQuoted) {
  const auto line = nlohmann::json::parse(FormatLogLine(
      LogFormat::kJson, LogLevel::kInfo, kTime, "x", {{"loss", std::numeric_limits<double>::quiet_NaN()}}));
  EXPECT_EQ(line["loss"], "nan");
}

TEST(FormatLogLineTest, StatusesAreShown) {
  EXPECT_THAT(FormatLogLine(LogFormat::kText, LogLevel::kError, kTime, "load failed",
                            {{"error", absl::DataLossError("index.faiss")}}),
              HasSubstr("DATA_LOSS: index.faiss"));
}

TEST(LogTest, WritesLinesFromItsLevelUpToStandardError) {
  ConfigureLogging(LogLevel::kWarning, LogFormat::kText);
  testing::internal::CaptureStderr();
  LogInfo("unseen");
  LogWarning("seen", {{"n", 3}});
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, HasSubstr("WARNING seen n=3\n"));
  EXPECT_EQ(written.find("unseen"), std::string::npos);
  ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
}

TEST(LogTest, CountsLinesByLevel) {
  ConfigureLogging(LogLevel::kWarning, LogFormat::kText);
  const int64_t warnings = LoggedLines(LogLevel::kWarning), errors = LoggedLines(LogLevel::kError),
                infos = LoggedLines(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  LogInfo("below the lowest level");
  LogWarning("one");
  LogWarning("two");
  LogError("three");
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(LoggedLines(LogLevel::kInfo), infos);
  EXPECT_EQ(LoggedLines(LogLevel::kWarning), warnings + 2);
  EXPECT_EQ(LoggedLines(LogLevel::kError), errors + 1);
  ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
}

TEST(LogTest, TheLevelCanBeChangedWhileThreadsLog) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
  testing::internal::CaptureStderr();
  LogDebug("before");
  SetLogLevel(LogLevel::kDebug);
  EXPECT_EQ(LowestLogLevel(), LogLevel::kDebug);
  LogDebug("after");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written.find("before"), std::string::npos);
  EXPECT_THAT(written, HasSubstr("DEBUG after\n"));
  SetLogLevel(LogLevel::kInfo);
}

TEST(WriteLogLineTest, TheLineIsAsItIsWhateverTheFormatAndTheLevel) {
  ConfigureLogging(LogLevel::kError, LogFormat::kJson);
  EXPECT_EQ(CurrentLogFormat(), LogFormat::kJson);
  testing::internal::CaptureStderr();
  WriteLogLine(LogLevel::kInfo, "program: \"gone\"");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "program: \"gone\"\n");
  ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
}

TEST(LogLevelTest, NamesAreReadBack) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_THAT(ParseLogLevel(LogLevelName(level)), IsOkAndHolds(level));
  }
}

TEST(ParseLogTest, KnowsItsNamesAndNamesOthers) {
  EXPECT_THAT(ParseLogLevel("warning"), IsOkAndHolds(LogLevel::kWarning));
  EXPECT_THAT(ParseLogFormat("json"), IsOkAndHolds(LogFormat::kJson));
  EXPECT_THAT(ParseLogLevel("loud"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"loud\"")));
  EXPECT_THAT(ParseLogFormat("xml"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"xml\"")));
}

}  // namespace
}  // namespace lookbook
