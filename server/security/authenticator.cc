#include "server/security/authenticator.h"

#include <arpa/inet.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/reason.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr absl::string_view kScheme = "bearer ";

absl::StatusOr<absl::string_view> BearerToken(const Presented& presented) {
  if (presented.authorization.size() > 1) {
    return WithReason(absl::UnauthenticatedError("the call has several authorization values"),
                      "wrong_token");
  }
  absl::string_view value;
  if (!presented.authorization.empty()) value = presented.authorization[0];
  if (!absl::StartsWithIgnoreCase(value, kScheme)) {
    return WithReason(
        absl::UnauthenticatedError(
            "a token is asked for: send the metadata \"authorization: Bearer TOKEN\""),
        "no_token");
  }
  return absl::StripAsciiWhitespace(value.substr(kScheme.size()));
}

std::shared_ptr<const TokenSet> Now(const Authenticator::Tokens& tokens) {
  return tokens == nullptr ? nullptr : tokens();
}

}  // namespace

std::string HostOf(absl::string_view peer) {
  if (absl::ConsumePrefix(&peer, "ipv4:")) return std::string(peer.substr(0, peer.rfind(':')));
  if (!absl::ConsumePrefix(&peer, "ipv6:")) return std::string(peer);
  std::string host = absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}});
  host = host.substr(0, host.rfind(']'));
  if (absl::StartsWith(host, "[")) host.erase(0, 1);
  in6_addr bytes;
  if (::inet_pton(AF_INET6, host.c_str(), &bytes) != 1) return host;
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    ::inet_ntop(AF_INET, &bytes.s6_addr[12], text, sizeof(text));
    return text;
  }
  for (int i = 8; i < 16; ++i) bytes.s6_addr[i] = 0;
  ::inet_ntop(AF_INET6, &bytes, text, sizeof(text));
  return absl::StrCat(text, "/64");
}

Authenticator::Authenticator(Tokens own, Tokens others)
    : own_(std::move(own)), others_(std::move(others)) {}

absl::StatusOr<std::string> Authenticator::Identify(const Presented& presented) const {
  if (const auto own = Now(own_)) {
    LB_ASSIGN_OR_RETURN(const absl::string_view token, BearerToken(presented));
    if (const std::optional<std::string> name = own->NameOf(token)) {
      return absl::StrCat("token:", *name);
    }
    const auto others = Now(others_);
    if (others != nullptr && others->NameOf(token)) {
      return WithReason(absl::PermissionDeniedError("the token is for the server's other port"),
                        "wrong_port");
    }
    return WithReason(absl::UnauthenticatedError("the token is not one of this server"),
                      "wrong_token");
  }
  if (!presented.certificate.empty()) return absl::StrCat("certificate:", presented.certificate);
  return absl::StrCat("address:", HostOf(presented.peer));
}

}  // namespace lookbook
