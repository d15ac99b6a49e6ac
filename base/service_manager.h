// What a service tells the manager that started it (systemd): the protocol of sd_notify(3), one
// datagram a message. Written out here because libsystemd would bring seven libraries.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/descriptor.h"

namespace lookbook {

// Not thread-safe.
class ServiceManager {
 public:
  // Of nobody: what is said is dropped.
  ServiceManager() = default;

  // By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which `environment` gives as std::getenv()
  // does. Where the first is not set or empty, of nobody. InvalidArgument: it is no address of a
  // socket, or WATCHDOG_USEC no number above 0; Unavailable: the process gets no socket.
  static absl::StatusOr<ServiceManager> FromEnvironment(
      const std::function<const char*(const char* name)>& environment);

  // The service serves; `status` is what `systemctl status` shows, its line ends as spaces.
  // Unavailable: the manager did not take it, here and below.
  absl::Status Ready(absl::string_view status);

  // Call it more often than the watchdog's time, with a steady clock's time: the manager is told
  // twice in that time that the process lives. Nothing where it watches no process or another one.
  absl::Status Alive(absl::Time now);

  // The service stops, and has ended `within` that time, whatever the manager allows otherwise.
  absl::Status Stopping(absl::Duration within);

 private:
  absl::Status Send(absl::string_view message);

  std::string address_;  // Of the socket, as the kernel wants it. Empty: of nobody.
  Descriptor socket_;
  absl::Duration watchdog_ = absl::InfiniteDuration();
  absl::Time next_sign_of_life_ = absl::InfinitePast();
};

}  // namespace lookbook
