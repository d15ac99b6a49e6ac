// Ed25519 signatures (RFC 8032) by OpenSSL. Keys are PEM, as `openssl genpkey -algorithm ed25519`
// and `openssl pkey -pubout` write them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

inline constexpr size_t kEd25519SignatureBytes = 64;

// The 64 bytes of a signature over `message`. InvalidArgument: `private_key_pem` does not begin
// with an Ed25519 private key, or the key is encrypted. No message holds anything of the key.
absl::StatusOr<std::string> SignEd25519(absl::string_view private_key_pem,
                                        absl::string_view message);

// Public keys, any of which may have signed: while keys are exchanged, the old one and the new one.
// Immutable. Thread-safe.
class Ed25519Keys {
 public:
  static constexpr size_t kMost = 16;

  // Every key of a text of "PUBLIC KEY" blocks; what stands between blocks does not count.
  // InvalidArgument: no block or more than kMost, a block of another kind (a private key, say), a
  // damaged one, or a key of another algorithm.
  static absl::StatusOr<Ed25519Keys> Parse(absl::string_view pem);

  size_t size() const { return keys_.size(); }

  // Whether `signature` is that of one of the keys over `message`.
  bool Signed(absl::string_view message, absl::string_view signature) const;

 private:
  explicit Ed25519Keys(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  std::vector<std::string> keys_;  // 32 bytes each.
};

}  // namespace lookbook
