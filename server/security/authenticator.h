// Who a caller is, and whether it may call this port.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/security/tokens.h"

namespace lookbook {

// What a call brings with it.
struct Presented {
  std::vector<absl::string_view> authorization;  // Every value of that metadata.
  std::string certificate;  // Name in a client's certificate that was verified; empty = none.
  std::string peer;         // As gRPC has it: "ipv4:192.0.2.1:41234".
};

// The machine a peer is: its address without the port, of IPv6 the first 64 bits, which one host
// has to itself. What is no address comes back as it is.
std::string HostOf(absl::string_view peer);

// Thread-safe.
class Authenticator {
 public:
  // The tokens as they are now; null = this server has no such tokens.
  using Tokens = std::function<std::shared_ptr<const TokenSet>()>;

  // `own`: of the port that is guarded; a null function or value = no token is asked for. `others`:
  // of the server's other port.
  Authenticator(Tokens own, Tokens others);

  // A name for the caller, the best there is: "token:NAME", "certificate:NAME" or "address:HOST".
  //
  // Unauthenticated no_token: a token is asked for, and none was sent. Unauthenticated wrong_token:
  // it is nobody's, or there are several. PermissionDenied wrong_port: it is one of the other port.
  absl::StatusOr<std::string> Identify(const Presented& presented) const;

 private:
  const Tokens own_;
  const Tokens others_;
};

}  // namespace lookbook
