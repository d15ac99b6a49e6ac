#include "base/stop_signal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace lookbook {
namespace {

// Runs `body` in a child process, so that signals, the flag and its pipe stay there.
template <typename Body>
pid_t StartChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    InstallStopSignals();
    _exit(body());
  }
  return child;
}

// waitpid's status.
int StatusOf(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

template <typename Body>
int InChild(Body body) {
  return StatusOf(StartChild(body));
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

// False once `process` sleeps in a system call or has ended.
bool Runs(pid_t process) {
  std::ifstream stat(absl::StrCat("/proc/", process, "/stat"));
  std::string number, name, state;
  return stat >> number >> name >> state && state == "R";
}

// The signal is sent to a child that waits already: ThreadSanitizer hands on one that comes just
// before poll() when poll() is over.
TEST(StopSignalTest, AWaiterWakes) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = StartChild([&ready] {
    if (::write(ready[1], "", 1) != 1) return 1;
    return WaitForStop(absl::Seconds(60)) ? 7 : 1;
  });
  ::close(ready[1]);
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  while (Runs(child)) absl::SleepFor(absl::Milliseconds(1));
  ::kill(child, SIGTERM);
  EXPECT_EQ(WEXITSTATUS(StatusOf(child)), 7);
}

}  // namespace
}  // namespace lookbook
