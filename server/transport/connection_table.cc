#include "server/transport/connection_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace lookbook {

std::string ClientOf(const struct sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const struct sockaddr_in&>(peer);
    return ::inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof(text));
  }
  if (peer.ss_family != AF_INET6) return "";
  struct in6_addr address = reinterpret_cast<const struct sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return ::inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof(text));
  }
  std::fill(address.s6_addr + 8, address.s6_addr + 16, 0);
  return absl::StrCat(::inet_ntop(AF_INET6, &address, text, sizeof(text)), "/64");
}

void ConnectionTable::Add(int descriptor, const std::string& client) {
  Forget(descriptor);
  struct stat file = {};
  if (::fstat(descriptor, &file) != 0) return;
  open_.emplace(descriptor, Connection{file.st_dev, file.st_ino, client});
  ++by_client_[client];
}

void ConnectionTable::Forget(int descriptor) {
  const auto found = open_.find(descriptor);
  if (found != open_.end()) Erase(found);
}

void ConnectionTable::Sweep() {
  for (auto connection = open_.begin(); connection != open_.end();) {
    struct stat file = {};
    const bool open = ::fstat(connection->first, &file) == 0 &&
                      file.st_dev == connection->second.device &&
                      file.st_ino == connection->second.socket;
    connection = open ? std::next(connection) : Erase(connection);
  }
}

int ConnectionTable::CountFrom(const std::string& client) const {
  const auto found = by_client_.find(client);
  return found == by_client_.end() ? 0 : found->second;
}

ConnectionTable::Open::iterator ConnectionTable::Erase(Open::iterator connection) {
  const auto client = by_client_.find(connection->second.client);
  if (--client->second == 0) by_client_.erase(client);
  return open_.erase(connection);
}

}  // namespace lookbook
