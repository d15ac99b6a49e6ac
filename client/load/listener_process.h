// Which process of this machine listens on a port.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace lookbook {

// The lowest id of the processes that listen on a TCP port of any address. Null when none is found:
// there is none, it belongs to another user, or it is in another network namespace.
std::optional<int> FindListenerProcess(int port);

// Inode numbers of the sockets that listen on `port`, in the content of /proc/net/tcp or tcp6.
std::set<std::string> ParseListeners(absl::string_view text, int port);

// The port of "HOST:PORT" or "[ADDRESS]:PORT".
std::optional<int> TargetPort(absl::string_view target);

}  // namespace lookbook
