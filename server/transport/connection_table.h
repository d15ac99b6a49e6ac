// Which connections are open.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>

#include <string>
#include <unordered_map>

namespace lookbook {

// Who a connection comes from, for shares: an IPv4 address, or the first half of an IPv6 address,
// which is what one client is given of them.
std::string ClientOf(const struct sockaddr_storage& peer);

// Counts connections whose descriptors belong to somebody who does not say when they are closed.
// A connection has ended when its number is that of no open file or of another one: fstat() tells
// by the socket's number, so nothing has to be held open and nothing can be missed.
// Not thread-safe.
class ConnectionTable {
 public:
  // REQUIRES: `descriptor` was just given out by the system, and is open. Whatever had this number
  // before has ended.
  void Add(int descriptor, const std::string& client);
  void Forget(int descriptor);
  // Forgets those that have ended: one system call for each of size().
  void Sweep();

  // Since the last Sweep() some may have ended.
  int size() const { return static_cast<int>(open_.size()); }
  int CountFrom(const std::string& client) const;

 private:
  struct Connection {
    dev_t device;
    ino_t socket;
    std::string client;
  };
  using Open = std::unordered_map<int, Connection>;

  Open::iterator Erase(Open::iterator connection);

  Open open_;
  std::unordered_map<std::string, int> by_client_;
};

}  // namespace lookbook
