#include "client/load/cpu_meter.h"

#include <unistd.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(CpuMeterTest, BusyIsAllButIdleAndWaiting) {
  // user nice system idle iowait irq softirq steal guest guest_nice
  const char* text =
      "cpu  1000 200 300 99999 8888 40 50 60 700 7\n"
      "cpu0 1 2 3 4 5 6 7 8 9 10\n";
  EXPECT_THAT(ParseMachineCpu(text, 100), Optional(16.5));
}

TEST(CpuMeterTest, AMachineInAnotherFormIsNotGuessed) {
  for (const char* text :
       {"", "cpu0 1 2 3 4 5 6 7 8\n", "cpu 1 2 3 4 5 6 7\n", "cpu 1 2 x 4 5 6 7 8\n"}) {
    EXPECT_EQ(ParseMachineCpu(text, 100), std::nullopt) << text;
  }
}

TEST(CpuMeterTest, AProcessMayHaveAnyName) {
  const char* text = "42 (a) b (c) S 1 42 42 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 3 0 77 1000 20";
  EXPECT_THAT(ParseProcessCpu(text, 100), Optional(3.0));
}

TEST(CpuMeterTest, AProcessInAnotherFormIsNotGuessed) {
  for (const char* text : {"", "42 name S 1", "42 (name) S 1 2 3"}) {
    EXPECT_EQ(ParseProcessCpu(text, 100), std::nullopt) << text;
  }
}

TEST(CpuMeterTest, ForeignIsWhatNeitherOfTheTwoUsed) {
  // 2 cores for 10 s offer 20 s.
  EXPECT_DOUBLE_EQ(ForeignShare({.own = 2, .server = 7, .machine = 10}, absl::Seconds(10), 2),
                   0.05);
  EXPECT_DOUBLE_EQ(ForeignShare({.own = 2, .server = 9, .machine = 10}, absl::Seconds(10), 2), 0);
  EXPECT_DOUBLE_EQ(ForeignShare({.machine = 21}, absl::Seconds(10), 2), 1);
  EXPECT_DOUBLE_EQ(ForeignShare({.machine = 1}, absl::ZeroDuration(), 2), 0);
}

TEST(CpuMeterTest, ReadsThisMachineAndAProcess) {
  LB_ASSERT_OK_AND_ASSIGN(const CpuSeconds before, CpuMeter(::getpid()).Read());
  volatile double work = 1;  // At least 50 ms: five ticks.
  while (OwnCpuSeconds() - before.own < 0.05) work = work * 1.0000001;
  LB_ASSERT_OK_AND_ASSIGN(const CpuSeconds after, CpuMeter(::getpid()).Read());
  const CpuSeconds used = after - before;
  EXPECT_GE(used.own, 0.05);
  EXPECT_GT(used.server, 0);  // The same process, in ticks.
  EXPECT_GT(used.machine, 0);
  EXPECT_GE(CoreCount(), 1);
}

TEST(CpuMeterTest, AProcessThatIsGoneIsNamed) {
  EXPECT_THAT(CpuMeter(1 << 30).Read(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no process 1073741824")));
}

TEST(CpuMeterTest, UsesAddUp) {
  CpuSeconds sum{.own = 1, .server = 2, .machine = 3};
  sum += {.own = 10, .server = 20, .machine = 30};
  EXPECT_DOUBLE_EQ(sum.own, 11);
  EXPECT_DOUBLE_EQ(sum.server, 22);
  EXPECT_DOUBLE_EQ(sum.machine, 33);
}

}  // namespace
}  // namespace lookbook
