#include "client/connection_security.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace lookbook {
namespace {
constexpr size_t kMaxTokenBytes = 4096;  // The server takes 8 KiB of metadata in all.
}  // namespace

absl::Status Validate(const ConnectionSecurity& security) {
  if (security.certificate.empty() != security.key.empty()) {
    return absl::InvalidArgumentError("a certificate and its key need each other");
  }
  if (!security.tls && !(security.ca.empty() && security.certificate.empty())) {
    return absl::InvalidArgumentError("certificates are for connections with TLS");
  }
  if (security.token.size() > kMaxTokenBytes ||
      !std::all_of(security.token.begin(), security.token.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError("the token is not 1 to 4096 visible ASCII characters");
  }
  return absl::OkStatus();
}

}  // namespace lookbook
