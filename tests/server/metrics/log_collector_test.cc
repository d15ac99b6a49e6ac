#include "server/metrics/log_collector.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/background_log.h"
#include "base/logging.h"

namespace lookbook {
namespace {

double Dropped() {
  const auto families = LogCollector().Collect();
  EXPECT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "lookbook_log_dropped_total");
  EXPECT_EQ(families[0].type, prometheus::MetricType::Counter);
  return families[0].metric.at(0).counter.value;
}

TEST(LogCollectorTest, LinesThatCannotBeWrittenAreCounted) {
  const double before = Dropped();
  auto log = BackgroundLog::Start({.descriptor = 9999});  // Not open.
  ASSERT_TRUE(log.ok());
  for (int i = 0; i < 3; ++i) LogInfo("nobody sees this");
  log->reset();
  EXPECT_EQ(Dropped() - before, 3);
}

}  // namespace
}  // namespace lookbook
