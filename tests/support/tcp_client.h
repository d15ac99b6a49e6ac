// A socket of a client that may do everything wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/descriptor.h"

namespace lookbook {

// One connection to a port of this machine. Not thread-safe.
class TcpClient {
 public:
  // From `source`, an address of this machine.
  explicit TcpClient(int port, const char* source = "127.0.0.1")
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    constexpr struct timeval kMost = {30, 0};  // A test must not wait for ever.
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kMost, sizeof(kMost));
    struct sockaddr_in own = Address(source, 0), other = Address("127.0.0.1", port);
    ::bind(socket_.get(), reinterpret_cast<struct sockaddr*>(&own), sizeof(own));
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<struct sockaddr*>(&other), sizeof(other)) == 0;
  }

  bool connected() const { return connected_; }

  // False: the other side takes no more.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // What comes until there are `size` bytes, the other side has closed, or `most` is over.
  std::string Receive(size_t size, absl::Duration most) {
    std::string all;
    const absl::Time end = absl::Now() + most;
    while (all.size() < size && !closed_ && AwaitInput(end)) {
      char bytes[4096];
      const ssize_t got =
          ::recv(socket_.get(), bytes, std::min(sizeof(bytes), size - all.size()), 0);
      if (got > 0) all.append(bytes, static_cast<size_t>(got));
      if (got == 0 || (got < 0 && errno != EINTR)) closed_ = true;
    }
    return all;
  }

  // Reads on until the other side has closed, for at most `most`: has it?
  bool Closes(absl::Duration most) {
    const absl::Time end = absl::Now() + most;
    while (!closed_ && absl::Now() < end) Receive(1 << 16, end - absl::Now());
    return closed_;
  }

  // Is it open still, after all that has come by now?
  bool IsOpen() { return !Closes(absl::Milliseconds(1)); }

  void Close() { socket_.Reset(); }

 private:
  static struct sockaddr_in Address(const char* host, int port) {
    struct sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    ::inet_pton(AF_INET, host, &address.sin_addr);
    return address;
  }

  bool AwaitInput(absl::Time end) const {
    const absl::Duration left = std::max(absl::ZeroDuration(), end - absl::Now());
    struct pollfd ready = {socket_.get(), POLLIN, 0};
    const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
    return ::poll(&ready, 1, static_cast<int>(milliseconds)) > 0;
  }

  Descriptor socket_;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace lookbook
