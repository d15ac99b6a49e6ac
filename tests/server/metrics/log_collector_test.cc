#include "server/metrics/log_collector.h"

#include <gtest/gtest.h>

#include "base/background_log.h"
#include "base/log_drops.h"
#include "base/logging.h"

namespace lookbook {
namespace {

// The value of the series whose one label has this value.
double Collected(const std::string& family_name, const std::string& label) {
  for (const auto& family : LogCollector().Collect()) {
    if (family.name != family_name) continue;
    EXPECT_EQ(family.type, prometheus::MetricType::Counter);
    for (const auto& metric : family.metric) {
      if (metric.label.at(0).value == label) return metric.counter.value;
    }
  }
  ADD_FAILURE() << "no " << family_name << " " << label;
  return -1;
}

TEST(LogCollectorTest, LinesThatCannotBeWrittenAreCounted) {
  const double before = Collected("lookbook_log_dropped_total", "unread");
  auto log = BackgroundLog::Start({.descriptor = 9999});  // Not open.
  ASSERT_TRUE(log.ok());
  for (int i = 0; i < 3; ++i) LogInfo("nobody sees this");
  log->reset();
  EXPECT_EQ(Collected("lookbook_log_dropped_total", "unread") - before, 3);
}

TEST(LogCollectorTest, LinesAreCountedByLevel) {
  const double warnings = Collected("lookbook_log_messages_total", "warning");
  const double errors = Collected("lookbook_log_messages_total", "error");
  testing::internal::CaptureStderr();
  LogWarning("one");
  LogWarning("two");
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(Collected("lookbook_log_messages_total", "warning"), warnings + 2);
  EXPECT_EQ(Collected("lookbook_log_messages_total", "error"), errors);
  EXPECT_GE(Collected("lookbook_log_messages_total", "debug"), 0) << "there from the start";
}

TEST(LogCollectorTest, LinesThatWereLeftOutAreCountedByKind) {
  const double requests = Collected("lookbook_log_dropped_total", "request");
  const double errors = Collected("lookbook_log_dropped_total", "error");
  const double repeated = Collected("lookbook_log_dropped_total", "repeated");
  const double unread = Collected("lookbook_log_dropped_total", "unread");
  CountLogDrop(LogDrop::kRequest);
  CountLogDrop(LogDrop::kError);
  CountLogDrop(LogDrop::kError);
  CountLogDrop(LogDrop::kRepeated);
  EXPECT_EQ(Collected("lookbook_log_dropped_total", "request"), requests + 1);
  EXPECT_EQ(Collected("lookbook_log_dropped_total", "error"), errors + 2);
  EXPECT_EQ(Collected("lookbook_log_dropped_total", "repeated"), repeated + 1);
  EXPECT_EQ(Collected("lookbook_log_dropped_total", "unread"), unread) << "nobody failed to read";
}

}  // namespace
}  // namespace lookbook
