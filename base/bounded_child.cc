#include "base/bounded_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"

namespace lookbook {
namespace {

constexpr int kPollMilliseconds = 50;
constexpr int kFirstForeignDescriptor = 3;

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::StatusOr<pid_t> Start(const ChildCommand& command, int output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const absl::Cleanup destroy = [&] {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  };
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, kFirstForeignDescriptor);
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);  // A program may ignore it; a fresh one does not.
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, command.program.c_str(), &files, &attributes,
                  Pointers(command.arguments).data(), Pointers(command.environment).data());
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", command.program));
  return pid;
}

// One child that runs, and the end of the pipe that its output comes from.
class Running {
 public:
  Running(pid_t pid, int output, const ChildBounds& bounds)
      : pid_(pid), output_(output), bounds_(bounds) {}

  absl::StatusOr<ChildEnd> Await() {
    const absl::Time end = Clock::Steady()->Now() + bounds_.time;
    while (true) {
      WaitForOutput();
      ReadOutput();
      int status = 0;
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) return Ended(status);
      if (ended < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "waitpid");
      if (Clock::Steady()->Now() >= end) return Kill(ChildEnd::Kind::kTime);
      if (bounds_.stopped && bounds_.stopped()) return Kill(ChildEnd::Kind::kStopped);
    }
  }

 private:
  void WaitForOutput() const {
    struct pollfd descriptor = {open_ ? output_ : -1, POLLIN, 0};
    ::poll(&descriptor, 1, kPollMilliseconds);
  }

  // All there is now; what is beyond the bound is read and dropped, so that the child never waits.
  void ReadOutput() {
    char bytes[4096];
    while (open_) {
      const ssize_t count = ::read(output_, bytes, sizeof(bytes));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        open_ = false;
        return;
      }
      const size_t room = bounds_.output_bytes - std::min(bounds_.output_bytes, kept_.size());
      kept_.append(bytes, std::min(room, static_cast<size_t>(count)));
    }
  }

  ChildEnd Ended(int status) {
    ReadOutput();
    if (WIFSIGNALED(status)) return {ChildEnd::Kind::kSignal, WTERMSIG(status), kept_};
    return {ChildEnd::Kind::kExit, WEXITSTATUS(status), kept_};
  }

  ChildEnd Kill(ChildEnd::Kind kind) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    ReadOutput();
    return {kind, 0, kept_};
  }

  const pid_t pid_;
  const int output_;
  const ChildBounds& bounds_;
  bool open_ = true;
  std::string kept_;
};

}  // namespace

absl::StatusOr<ChildEnd> RunBounded(const ChildCommand& command, const ChildBounds& bounds) {
  if (command.arguments.empty()) return absl::InvalidArgumentError("no program to run");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  const absl::Cleanup close_read = [&] { ::close(ends[0]); };
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const absl::StatusOr<pid_t> pid = Start(command, ends[1]);
  ::close(ends[1]);
  if (!pid.ok()) return pid.status();
  return Running(*pid, ends[0], bounds).Await();
}

}  // namespace lookbook
