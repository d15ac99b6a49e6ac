// How a client's connection is protected, and how it shows who it is.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace lookbook {

// Not to be logged: it holds secrets.
struct ConnectionSecurity {
  bool tls = false;  // Off = plain text.
  std::string ca;    // PEM: who signs the server's certificate; empty = whom the system trusts.
  std::string certificate;  // PEM: the client's own, for a server that asks for one.
  std::string key;          // PEM, of `certificate`.
  std::string token;        // Sent as a bearer token with every call; empty = none.
};

// InvalidArgument: a certificate without its key or the reverse, either or a CA without `tls`, or a
// token that no call can carry: one with other characters than visible ASCII, or beyond 4 KiB. The
// message quotes none of them.
absl::Status Validate(const ConnectionSecurity& security);

}  // namespace lookbook
