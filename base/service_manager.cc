#include "base/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace lookbook {
namespace {

using Environment = std::function<const char*(const char* name)>;

std::string Value(const Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

// A path, or a name after "@" that stands in no file system.
absl::StatusOr<std::string> KernelAddress(const std::string& notify_socket) {
  if (notify_socket[0] != '/' && notify_socket[0] != '@') {
    return absl::InvalidArgumentError(
        absl::StrCat("NOTIFY_SOCKET=", notify_socket, " is neither a path nor an @name"));
  }
  if (notify_socket.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("NOTIFY_SOCKET=", notify_socket, " is too long for a socket"));
  }
  std::string address = notify_socket;
  if (address[0] == '@') address[0] = '\0';
  return address;
}

// How long the manager waits for a sign of life of this process; infinite where it does not.
absl::StatusOr<absl::Duration> WatchdogTime(const Environment& environment) {
  const std::string process = Value(environment, "WATCHDOG_PID");
  const std::string time = Value(environment, "WATCHDOG_USEC");
  if (time.empty() || (!process.empty() && process != absl::StrCat(::getpid()))) {
    return absl::InfiniteDuration();
  }
  int64_t microseconds = 0;
  if (!absl::SimpleAtoi(time, &microseconds) || microseconds <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("WATCHDOG_USEC=", time, " is no number above 0"));
  }
  return absl::Microseconds(microseconds);
}

}  // namespace

absl::StatusOr<ServiceManager> ServiceManager::FromEnvironment(const Environment& environment) {
  ServiceManager manager;
  const std::string notify_socket = Value(environment, "NOTIFY_SOCKET");
  if (notify_socket.empty()) return manager;
  const auto address = KernelAddress(notify_socket);
  if (!address.ok()) return address.status();
  const auto watchdog = WatchdogTime(environment);
  if (!watchdog.ok()) return watchdog.status();
  manager.socket_.Reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!manager.socket_.is_open()) return absl::UnavailableError("no socket for NOTIFY_SOCKET");
  // A manager that does not read must not hold up who looks after the workers.
  const struct timeval patience = {1, 0};
  ::setsockopt(manager.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  manager.address_ = *address;
  manager.watchdog_ = *watchdog;
  return manager;
}

absl::Status ServiceManager::Ready(absl::string_view status) {
  return Send(
      absl::StrCat("READY=1\nSTATUS=", absl::StrReplaceAll(std::string(status), {{"\n", " "}})));
}

absl::Status ServiceManager::Alive(absl::Time now) {
  if (watchdog_ == absl::InfiniteDuration() || now < next_sign_of_life_) return absl::OkStatus();
  next_sign_of_life_ = now + watchdog_ / 2;
  return Send("WATCHDOG=1");
}

absl::Status ServiceManager::Stopping(absl::Duration within) {
  return Send(absl::StrCat("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=",
                           absl::ToInt64Microseconds(within)));
}

absl::Status ServiceManager::Send(absl::string_view message) {
  if (address_.empty()) return absl::OkStatus();
  struct sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  std::copy(address_.begin(), address_.end(), to.sun_path);
  const auto bytes =
      static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + address_.size());
  const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const struct sockaddr*>(&to), bytes);
  if (sent == static_cast<ssize_t>(message.size())) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("NOTIFY_SOCKET: ", absl::ErrnoToStatus(errno, "sendto").message()));
}

}  // namespace lookbook
