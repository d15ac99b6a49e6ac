#include "base/stop_signal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace lookbook {
namespace {

std::atomic<int> signals_seen{0};
// Written once by the handler, never read: it stays readable for every waiter.
int wake_pipe[2] = {-1, -1};

void OnSignal(int number) {
  if (signals_seen.load() > 0) _exit(128 + number);
  RequestStop();
}

bool MakePipe() {
  return ::pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) == 0;
}

void EnsurePipe() {
  static const bool made = MakePipe();
  (void)made;
}

}  // namespace

void InstallStopSignals() {
  EnsurePipe();
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool StopRequested() { return signals_seen.load(std::memory_order_relaxed) > 0; }

bool WaitForStop(absl::Duration timeout) {
  EnsurePipe();
  if (StopRequested()) return true;
  struct pollfd descriptor = {wake_pipe[0], POLLIN, 0};
  const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(timeout, absl::Milliseconds(1)));
  ::poll(&descriptor, 1, static_cast<int>(std::min<int64_t>(milliseconds, 1 << 30)));
  return StopRequested();
}

void RequestStop() {
  signals_seen.fetch_add(1);
  const char byte = 0;
  if (wake_pipe[1] >= 0) {
    [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], &byte, 1);
  }
}

}  // namespace lookbook
