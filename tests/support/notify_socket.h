// A service manager's end of sd_notify(3): hears what a service says.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "base/descriptor.h"

namespace lookbook {

// Not thread-safe.
class NotifySocket {
 public:
  // `address` as NOTIFY_SOCKET holds it: a path, where nothing may be, or an @name.
  explicit NotifySocket(std::string address) {
    if (address[0] == '@') address[0] = '\0';
    struct sockaddr_un own = {};
    own.sun_family = AF_UNIX;
    std::copy(address.begin(), address.end(), own.sun_path);
    const auto bytes =
        static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<struct sockaddr*>(&own), bytes), 0);
  }

  // The next message; empty when none comes within `patience`.
  std::string Next(absl::Duration patience = absl::ZeroDuration()) const {
    struct pollfd readable = {socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) != 1) return "";
    char message[4096];
    const ssize_t bytes = ::recv(socket_.get(), message, sizeof(message), 0);
    return bytes > 0 ? std::string(message, static_cast<size_t>(bytes)) : "";
  }

 private:
  const Descriptor socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

}  // namespace lookbook
