#include "base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/files.h"
#include "base/stop_signal.h"

extern char** environ;

namespace lookbook {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(50);
constexpr int kSignalBase = 128;
constexpr int64_t kKibibyte = 1024;

absl::StatusOr<pid_t> Start(const std::vector<std::string>& arguments, int log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  absl::Cleanup destroy = [&actions] { posix_spawn_file_actions_destroy(&actions); };
  posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", arguments[0]));
  return pid;
}

// The largest resident size so far; 0 when it has ended. (Not wait4's ru_maxrss: that of a process
// just started counts the one that started it.)
int64_t PeakRss(pid_t pid) {
  const std::string text = ReadFile(absl::StrCat("/proc/", pid, "/status")).value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t kibibytes = 0;
    if (absl::ConsumePrefix(&line, "VmHWM:") && absl::ConsumeSuffix(&line, "kB") &&
        absl::SimpleAtoi(line, &kibibytes)) {
      return kibibytes * kKibibyte;
    }
  }
  return 0;
}

// Returns waitpid's status.
absl::StatusOr<int> Await(pid_t pid, int64_t* peak_rss) {
  bool told = false;
  while (true) {
    *peak_rss = std::max(*peak_rss, PeakRss(pid));
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "waitpid");
    if (!told && StopRequested()) {
      told = true;
      kill(pid, SIGTERM);
    }
    absl::SleepFor(kPoll);
  }
}

}  // namespace

absl::StatusOr<ChildResult> RunChild(const std::vector<std::string>& arguments,
                                     const std::string& log) {
  if (arguments.empty()) return absl::InvalidArgumentError("no program to run");
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", log));
  absl::Cleanup close_log = [file] { close(file); };
  const absl::Time begin = absl::Now();
  absl::StatusOr<pid_t> pid = Start(arguments, file);
  if (!pid.ok()) return pid.status();
  ChildResult out;
  absl::StatusOr<int> status = Await(*pid, &out.peak_rss_bytes);
  if (!status.ok()) return status.status();
  out.exit_code = WIFSIGNALED(*status) ? kSignalBase + WTERMSIG(*status) : WEXITSTATUS(*status);
  out.seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  return out;
}

}  // namespace lookbook
