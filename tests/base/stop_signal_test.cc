#include "base/stop_signal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lookbook {
namespace {

// Runs `body` in a child process, so that signals, the flag and its pipe stay there; returns waitpid's status.
template <typename Body>
int InChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    InstallStopSignals();
    _exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(StopSignalTest, NothingIsRequestedAtFirst) {
  const int status =
      InChild([] { return StopRequested() || WaitForStop(absl::ZeroDuration()) ? 1 : 7; });
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(StopSignalTest, TheFirstSignalOnlySetsTheFlag) {
  for (int number : {SIGINT, SIGTERM}) {
    const int status = InChild([number] {
      ::raise(number);
      return StopRequested() && WaitForStop(absl::InfiniteDuration()) ? 7 : 1;
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
  }
}

TEST(StopSignalTest, TheSecondSignalEndsTheProcess) {
  const int status = InChild([] {
    ::raise(SIGTERM);
    ::raise(SIGINT);
    return 1;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
}

TEST(StopSignalTest, AWaiterWakes) {
  const int status = InChild([] {
    const pid_t parent = ::getpid();
    if (::fork() == 0) {
      ::kill(parent, SIGTERM);
      _exit(0);
    }
    return WaitForStop(absl::Seconds(60)) ? 7 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace lookbook
