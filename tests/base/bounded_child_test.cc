#include "base/bounded_child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Field;
using ::testing::HasSubstr;
using Kind = ChildEnd::Kind;

absl::StatusOr<ChildEnd> RunShell(const std::string& script, const ChildBounds& bounds = {}) {
  return RunBounded({"/bin/sh", {"sh", "-c", script}, {"PATH=/usr/bin:/bin", "COLOR=teal"}},
                    bounds);
}

TEST(BoundedChildTest, TellsItsExitCodeAndWhatItSaid) {
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end, RunShell("echo out; echo $COLOR >&2; exit 7"));
  EXPECT_EQ(end.kind, Kind::kExit);
  EXPECT_EQ(end.code, 7);
  EXPECT_EQ(end.output, "out\nteal\n");
}

TEST(BoundedChildTest, ASignalThatEndsItIsTold) {
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end, RunShell("echo last words; kill -SEGV $$"));
  EXPECT_EQ(end.kind, Kind::kSignal);
  EXPECT_EQ(end.code, SIGSEGV);
  EXPECT_THAT(end.output, HasSubstr("last words"));
}

TEST(BoundedChildTest, IsKilledWhenItsTimeIsOver) {
  ChildBounds bounds;
  bounds.time = absl::Milliseconds(100);
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end, RunShell("echo begun; exec sleep 600", bounds));
  EXPECT_EQ(end.kind, Kind::kTime);
}

TEST(BoundedChildTest, IsKilledWhenItIsToStop) {
  int asked = 0;
  ChildBounds bounds;
  bounds.stopped = [&] { return ++asked == 2; };
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end, RunShell("exec sleep 600", bounds));
  EXPECT_EQ(end.kind, Kind::kStopped);
}

TEST(BoundedChildTest, KeepsTheFirstOfMuchOutputAndNeverBlocksTheChild) {
  ChildBounds bounds;
  bounds.output_bytes = 10;
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end,
                          RunShell("echo abcdefgh; head -c 1000000 /dev/zero; exit 3", bounds));
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(end.output.size(), 10u);
  EXPECT_THAT(end.output, HasSubstr("abcdefgh"));
}

TEST(BoundedChildTest, DoesNotWaitForWhatItLeavesBehind) {
  LB_ASSERT_OK_AND_ASSIGN(const ChildEnd end, RunShell("sleep 3 & exit 0"));
  EXPECT_EQ(end.kind, Kind::kExit);
  EXPECT_EQ(end.code, 0);
}

TEST(BoundedChildTest, InheritsNothing) {
  const int descriptor = ::open("/dev/null", O_RDONLY);  // Without O_CLOEXEC.
  ASSERT_GE(::fcntl(descriptor, F_DUPFD, 50), 50);
  ::signal(SIGPIPE, SIG_IGN);
  LB_ASSERT_OK_AND_ASSIGN(
      const ChildEnd end,
      RunShell("ls /proc/$$/fd | tr '\\n' ' '; grep SigIgn /proc/$$/status; cat"));
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_THAT(end.output, Not(HasSubstr("50")));
  const size_t mask = end.output.find("SigIgn:");
  ASSERT_NE(mask, std::string::npos) << end.output;
  EXPECT_EQ(std::stoull(end.output.substr(mask + 7), nullptr, 16) >> (SIGPIPE - 1) & 1, 0u);
}

TEST(BoundedChildTest, WhatCannotStartIsAnError) {
  EXPECT_THAT(RunBounded({"/no/such/program", {"x"}, {}}, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/program")));
  EXPECT_THAT(RunBounded({"/bin/true", {}, {}}, {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
