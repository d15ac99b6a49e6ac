// docs/logs.md shows the fields that are written, in their order, and the options that there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/logging.h"
#include "server/config/config_options.h"
#include "server/transport/access_log.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

class LogsDocumentTest : public ::testing::Test {
 protected:
  LogsDocumentTest() { ConfigureLogging(LogLevel::kInfo, LogFormat::kJson); }
  ~LogsDocumentTest() override { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }

  // What stands between `begin` and the next `end`.
  std::string Between(const std::string& begin, const std::string& end) const {
    const size_t at = document_.find(begin);
    EXPECT_NE(at, std::string::npos) << begin;
    const size_t from = at + begin.size();
    return document_.substr(from, document_.find(end, from) - from);
  }
  // What stands in backquotes in the first column of the table below `head`, in order.
  std::vector<std::string> FirstColumn(const std::string& head) const {
    std::vector<std::string> cells;
    const std::string rows = Between(head, "\n\n");
    for (const absl::string_view row : absl::StrSplit(rows, '\n')) {
      const std::vector<absl::string_view> columns = absl::StrSplit(row, '|');
      if (columns.size() < 3 || absl::StartsWith(columns[1], "---")) continue;
      const std::vector<absl::string_view> parts = absl::StrSplit(columns[1], '`');
      for (size_t i = 1; i < parts.size(); i += 2) cells.emplace_back(parts[i]);
    }
    return cells;
  }
  Json Example() const { return Json::parse(Between("```json\n", "\n```")); }
  static Json Written() {
    ::testing::internal::CaptureStderr();
    AccessLog::Write(CallRecord(), {LogLevel::kInfo, "call"});
    return Json::parse(::testing::internal::GetCapturedStderr());
  }

  const std::string document_ = ReadFile("docs/logs.md").value_or("");
};

TEST_F(LogsDocumentTest, TheExampleHasTheFieldsThatAreWritten) {
  const Json example = Example(), written = Written();
  EXPECT_EQ(Keys(example), Keys(written));
  for (const auto& [key, value] : written.items()) {
    EXPECT_EQ(example[key].is_number(), value.is_number()) << key;
  }
}

TEST_F(LogsDocumentTest, TheExampleIsPossible) {
  const Json example = Example();
  EXPECT_TRUE(ParseTraceParent(absl::StrCat("00-", example["trace_id"].get<std::string>(), "-",
                                            example["span_id"].get<std::string>(), "-00"))
                  .has_value());
  EXPECT_TRUE(ParseTraceParent(absl::StrCat("00-", example["trace_id"].get<std::string>(), "-",
                                            example["parent_id"].get<std::string>(), "-00"))
                  .has_value());
  double stages = 0;
  for (const char* stage : {"t_decode", "t_preprocess", "t_queue", "t_embed", "t_search"}) {
    stages += example[stage].get<double>();
  }
  EXPECT_LT(stages, example["t_total"].get<double>());
}

TEST_F(LogsDocumentTest, TheTableHasEveryFieldAndNoOther) {
  EXPECT_EQ(FirstColumn("| field | unit | means |\n"), Keys(Written()));
}

TEST_F(LogsDocumentTest, TheOptionsAreThoseOfTheConfigurationWithTheirDefaults) {
  std::vector<std::string> expected;
  for (const ConfigOption& option : ConfigOptions()) {
    if (!absl::StartsWith(option.key, "log.")) continue;
    expected.push_back(option.key);
    const std::string value = option.to_toml(ServerConfig());
    const std::string shown = absl::StrContains(value, '"') ? absl::StrCat("`", value, "`") : value;
    EXPECT_THAT(document_,
                ::testing::HasSubstr(absl::StrCat("| `", option.key, "` | ", shown, " |")));
  }
  EXPECT_EQ(FirstColumn("| option | default | means |\n"), expected);
}

}  // namespace
}  // namespace lookbook
