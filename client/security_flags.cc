#include "client/security_flags.h"

#include <cstdint>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;

// Empty when no file is named.
absl::StatusOr<std::string> Load(const char* flag, const std::string& path) {
  if (path.empty()) return "";
  absl::StatusOr<std::string> bytes = ReadFile(path, kMaxFileBytes);
  if (!bytes.ok()) return WithPrefix(flag, bytes.status());
  if (bytes->empty()) return absl::InvalidArgumentError(absl::StrCat(flag, " ", path, " is empty"));
  return bytes;
}

}  // namespace

void AddSecurityFlags(CLI::App& command, SecurityFlags& flags, const std::string& variable) {
  const char* const group = "Security";
  const auto add_file = [&](const char* name, std::string& path, const std::string& help,
                            const std::string& environment) {
    command.add_option(name, path, help)->type_name("FILE")->envname(environment)->group(group);
  };
  command.add_flag("--tls", flags.tls, "Connect by TLS, and trust whom the system trusts")
      ->group(group);
  add_file("--ca", flags.ca, "PEM: who signs the server's certificate; TLS", "LOOKBOOK_CA");
  add_file("--cert", flags.certificate, "PEM: the client's own certificate; TLS", "LOOKBOOK_CERT");
  add_file("--key", flags.key, "PEM: the key of --cert", "LOOKBOOK_KEY");
  add_file("--token-file", flags.token_file,
           absl::StrCat("File of the bearer token; or ", variable, " is the token"),
           absl::StrCat(variable, "_FILE"));
  if (const char* token = std::getenv(variable.c_str())) flags.token = token;
}

absl::StatusOr<ConnectionSecurity> LoadSecurity(const SecurityFlags& flags) {
  if (flags.certificate.empty() != flags.key.empty()) {
    return absl::InvalidArgumentError("--cert and --key need each other");
  }
  ConnectionSecurity security;
  security.tls = flags.tls || !flags.ca.empty() || !flags.certificate.empty();
  LB_ASSIGN_OR_RETURN(security.ca, Load("--ca", flags.ca));
  LB_ASSIGN_OR_RETURN(security.certificate, Load("--cert", flags.certificate));
  LB_ASSIGN_OR_RETURN(security.key, Load("--key", flags.key));
  LB_ASSIGN_OR_RETURN(const std::string token, Load("--token-file", flags.token_file));
  security.token =
      std::string(absl::StripAsciiWhitespace(flags.token_file.empty() ? flags.token : token));
  if (!flags.token_file.empty() && security.token.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file ", flags.token_file, " holds no token"));
  }
  LB_RETURN_IF_ERROR(Validate(security));
  return security;
}

}  // namespace lookbook
