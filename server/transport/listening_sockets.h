// Sockets that wait for connections on an address.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/descriptor.h"

namespace lookbook {

struct ListeningSockets {
  std::vector<Descriptor> sockets;  // One for each IP address of the host; at least one.
  int port = 0;                     // The same for all.
};

// Listens on "HOST:PORT": a name, an IPv4 address or an IPv6 address in brackets; port 0 is a free
// one. 0.0.0.0 and [::] are all addresses of this machine, IPv4 and IPv6. The sockets do not block,
// and what they accept sends without delay and gives up a peer that acknowledges nothing for 20 s.
//
// InvalidArgument names `address`: it is of another form, its host is unknown or not of this
// machine, or its port is in use. A port is never shared with another process.
absl::StatusOr<ListeningSockets> ListenOn(const std::string& address);

}  // namespace lookbook
