#include "base/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/stop_signal.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(ChildProcessTest, TellsHowItEndedAndKeepsWhatItPrinted) {
  TempDir dir;
  const std::string log = dir / "log";
  LB_ASSERT_OK_AND_ASSIGN(
      ChildResult result,
      RunChild({"/bin/sh", "-c", "echo out; echo err >&2; sleep 0.2; exit 7"}, log));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_GT(result.peak_rss_bytes, 100 * 1024);
  LB_ASSERT_OK_AND_ASSIGN(result, RunChild({"/bin/sh", "-c", "echo again"}, log));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(ReadFile(log), IsOkAndHolds("out\nerr\nagain\n")) << "appended";
}

TEST(ChildProcessTest, ArgumentsArriveAsTheyAre) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(
      const ChildResult result,
      RunChild({"/bin/sh", "-c", "printf '%s|' \"$@\"", "sh", "a b", "$HOME", ""}, dir / "log"));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(ReadFile(dir / "log"), IsOkAndHolds("a b|$HOME||"));
}

TEST(ChildProcessTest, ASignalIsTold) {
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const ChildResult result,
                          RunChild({"/bin/sh", "-c", "kill -KILL $$"}, dir / "log"));
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(ChildProcessTest, ItsMemoryIsItsOwn) {
  const std::string mine(size_t{64} << 20, 'x');  // Of this process.
  TempDir dir;
  LB_ASSERT_OK_AND_ASSIGN(const ChildResult result, RunChild({"/bin/sleep", "0.2"}, dir / "log"));
  EXPECT_EQ(mine.back(), 'x');
  EXPECT_LT(result.peak_rss_bytes, int64_t{48} << 20);
}

TEST(ChildProcessTest, WhatCannotStartIsAnError) {
  TempDir dir;
  EXPECT_THAT(RunChild({}, dir / "log"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(RunChild({dir / "none"}, dir / "log"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir / "none")));
  EXPECT_THAT(RunChild({"/bin/true"}, dir / "no/such/log"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/such/log")));
}

// In a process of its own: the flag cannot be taken back.
TEST(ChildProcessDeathTest, AStopEndsTheChildToo) {
  TempDir dir;
  const std::string log = dir / "log";
  EXPECT_EXIT(
      {
        InstallStopSignals();
        std::thread stop([] {
          ::usleep(200'000);
          RequestStop();
        });
        const absl::StatusOr<ChildResult> result = RunChild(
            {"/bin/sh", "-c", "trap 'echo told; exit 3' TERM; while :; do sleep 0.05; done"}, log);
        stop.join();
        _exit(result.ok() && result->exit_code == 3 && StopRequested() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_THAT(ReadFile(log), IsOkAndHolds("told\n"));
}

}  // namespace
}  // namespace lookbook
