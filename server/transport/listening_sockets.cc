#include "server/transport/listening_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr int kUnacknowledgedMs = 20'000;
// A free port of a host's first address may be taken on its second.
constexpr int kFreePortTries = 16;

struct HostAndPort {
  std::string host;
  int port = 0;
  bool is_any = false;  // All addresses of this machine.
};

struct SocketAddress {
  struct sockaddr_storage storage = {};
  socklen_t size = 0;
};

absl::Status Refuse(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address ", address, " cannot be listened on: ", why));
}

absl::StatusOr<HostAndPort> Split(const std::string& address) {
  HostAndPort parts;
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &parts.port) || parts.port < 0 ||
      parts.port > 65535) {
    return Refuse(address, "it is not HOST:PORT");
  }
  absl::string_view host = absl::string_view(address).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  parts.host = std::string(host);
  parts.is_any = host == "0.0.0.0" || host == "::";
  return parts;
}

absl::StatusOr<std::vector<SocketAddress>> Resolve(const std::string& address,
                                                   const std::string& host) {
  struct addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  struct addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) return Refuse(address, ::gai_strerror(error));
  const std::unique_ptr<struct addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<SocketAddress> found;
  for (; list != nullptr; list = list->ai_next) {
    SocketAddress one;
    one.size = list->ai_addrlen;
    std::memcpy(&one.storage, list->ai_addr, list->ai_addrlen);
    // A host may have an address twice; the second would find its port in use.
    const auto is_same = [&one](const SocketAddress& other) {
      return other.size == one.size && std::memcmp(&other.storage, &one.storage, one.size) == 0;
    };
    if (std::none_of(found.begin(), found.end(), is_same)) found.push_back(one);
  }
  return found;
}

void SetPort(int port, SocketAddress* address) {
  const auto number = htons(static_cast<uint16_t>(port));
  if (address->storage.ss_family == AF_INET6) {
    reinterpret_cast<struct sockaddr_in6*>(&address->storage)->sin6_port = number;
  } else {
    reinterpret_cast<struct sockaddr_in*>(&address->storage)->sin_port = number;
  }
}

int PortOf(int socket) {
  SocketAddress own;
  own.size = sizeof(own.storage);
  ::getsockname(socket, reinterpret_cast<struct sockaddr*>(&own.storage), &own.size);
  return ntohs(own.storage.ss_family == AF_INET6
                   ? reinterpret_cast<struct sockaddr_in6*>(&own.storage)->sin6_port
                   : reinterpret_cast<struct sockaddr_in*>(&own.storage)->sin_port);
}

void SetOption(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof(value));
}

// Not open, and errno says why, when `address` cannot be listened on. `both`: an IPv6 address takes
// IPv4 connections too.
Descriptor ListenAt(const SocketAddress& address, bool both) {
  Descriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  // Not SO_REUSEPORT: a second server must not take some of the first one's connections.
  SetOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(socket.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  if (address.storage.ss_family == AF_INET6) {
    SetOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1);
  }
  const auto* name = reinterpret_cast<const struct sockaddr*>(&address.storage);
  if (::bind(socket.get(), name, address.size) == 0 && ::listen(socket.get(), SOMAXCONN) == 0) {
    return socket;
  }
  const int error = errno;
  socket.Reset();
  errno = error;
  return socket;
}

bool IsOfAnotherMachine(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

// Listens on as many of `addresses` as this machine has. On failure the result is empty, and
// `error` says why.
ListeningSockets ListenAtAll(std::vector<SocketAddress> addresses, int port, int* error) {
  ListeningSockets all;
  all.port = port;
  for (SocketAddress& address : addresses) {
    SetPort(all.port, &address);
    Descriptor socket = ListenAt(address, false);
    if (!socket.is_open()) {
      *error = errno;
      if (IsOfAnotherMachine(errno)) continue;
      return {};
    }
    all.port = PortOf(socket.get());
    all.sockets.push_back(std::move(socket));
  }
  return all;
}

// One socket for IPv4 and IPv6 or, on a machine without IPv6, for IPv4 alone.
ListeningSockets ListenAnywhere(int port, int* error) {
  for (const int family : {AF_INET6, AF_INET}) {
    SocketAddress any;  // All zeros are the address that means any.
    any.storage.ss_family = static_cast<sa_family_t>(family);
    any.size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    SetPort(port, &any);
    Descriptor socket = ListenAt(any, true);
    if (socket.is_open()) {
      ListeningSockets one;
      one.port = PortOf(socket.get());
      one.sockets.push_back(std::move(socket));
      return one;
    }
    *error = errno;
    if (!IsOfAnotherMachine(*error)) break;
  }
  return {};
}

}  // namespace

absl::StatusOr<ListeningSockets> ListenOn(const std::string& address) {
  LB_ASSIGN_OR_RETURN(const HostAndPort parts, Split(address));
  std::vector<SocketAddress> addresses;
  if (!parts.is_any) {
    LB_ASSIGN_OR_RETURN(addresses, Resolve(address, parts.host));
  }
  int error = 0;
  for (int attempt = 0; attempt < (parts.port == 0 ? kFreePortTries : 1); ++attempt) {
    ListeningSockets sockets = parts.is_any ? ListenAnywhere(parts.port, &error)
                                            : ListenAtAll(addresses, parts.port, &error);
    if (!sockets.sockets.empty()) return sockets;
    if (error != EADDRINUSE) break;
  }
  return Refuse(address, std::strerror(error));
}

}  // namespace lookbook
