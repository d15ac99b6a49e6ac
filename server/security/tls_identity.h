// What a TLS port shows of itself, and whom it trusts.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lookbook {

// PEM throughout. Not to be logged: it holds the private key.
struct TlsIdentity {
  std::string certificate;  // The server's own, then those that lead to its CA.
  std::string key;
  std::string client_ca;  // Who signs the certificates of clients; empty = none is asked for.
  absl::Time expires;     // The first of `certificate` to do so.
};

// An identity with which handshakes can succeed at `now`.
//
// InvalidArgument: no certificate, no key, or one with a passphrase; a key that is not the
// certificate's; a certificate of `certificate` that is not valid yet or no more, or that OpenSSL
// finds too weak; a `client_ca` without a certificate, even an empty one, or with none that is
// valid now.
absl::StatusOr<TlsIdentity> MakeTlsIdentity(absl::string_view certificate, absl::string_view key,
                                            std::optional<absl::string_view> client_ca,
                                            absl::Time now);

}  // namespace lookbook
