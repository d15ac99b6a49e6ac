#include "server/metrics/process_collector.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <map>
#include <string>

namespace lookbook {
namespace {

TEST(ParseProcessStatTest, ReadsTheFieldsOfProc5) {
  const auto stat = ParseProcessStat(
      "42 (lookbook) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 1200 4096000 300 "
      "18446744073709551615 1 1 0\n",
      100, 4096);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->cpu_seconds, 3.0);
  EXPECT_EQ(stat->threads, 7);
  EXPECT_EQ(stat->start_seconds, 12.0);
  EXPECT_EQ(stat->virtual_bytes, 4096000);
  EXPECT_EQ(stat->resident_bytes, 300 * 4096);
}

TEST(ParseProcessStatTest, ANameWithBracketsAndSpacesDoesNotShiftTheFields) {
  const auto stat = ParseProcessStat(
      "42 (a) S (b c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 1200 4096000 300 1\n",
      100, 4096);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->threads, 7);
}

TEST(ParseProcessStatTest, RefusesWhatIsNotAStatLine) {
  for (const char* text :
       {"", "42", "42 (x) S 1 2", "42 (x) S a b c d e f g h i j k l m n o p q r s t u v"}) {
    EXPECT_FALSE(ParseProcessStat(text, 100, 4096).has_value()) << text;
  }
}

TEST(ParseBootTimeTest, FindsTheLine) {
  EXPECT_EQ(ParseBootTime("cpu 1 2 3\nbtime 1700000000\nprocesses 5\n"), 1700000000.0);
  EXPECT_FALSE(ParseBootTime("cpu 1 2 3\n").has_value());
}

TEST(ProcessCollectorTest, SaysPlausibleThingsOfThisProcess) {
  std::map<std::string, double> values;
  for (const auto& family : ProcessCollector().Collect()) {
    values[family.name] = family.metric.at(0).gauge.value;
  }
  EXPECT_GT(values.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(values.at("process_virtual_memory_bytes"), values.at("process_resident_memory_bytes"));
  EXPECT_EQ(values.at("process_threads"), 1);
  EXPECT_GE(values.at("process_open_fds"), 3);
  EXPECT_NEAR(values.at("process_start_time_seconds"), static_cast<double>(std::time(nullptr)),
              600);
}

TEST(ProcessCollectorTest, OpenDescriptorsAreCountedOneByOne) {
  const auto open_fds = [] {
    for (const auto& family : ProcessCollector().Collect()) {
      if (family.name == "process_open_fds") return family.metric.at(0).gauge.value;
    }
    return -1.0;
  };
  const double before = open_fds();
  const int descriptor = ::dup(0);
  EXPECT_EQ(open_fds(), before + 1);
  ::close(descriptor);
}

}  // namespace
}  // namespace lookbook
