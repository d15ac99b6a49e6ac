// The flags for TLS and tokens, alike for every command.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "client/connection_security.h"

namespace lookbook {

// Paths of files.
struct SecurityFlags {
  bool tls = false;
  std::string ca;
  std::string certificate;
  std::string key;
  std::string token_file;
  std::string token;  // Of the environment; no flag, for everybody sees the flags of a process.
};

// --tls, --ca (or LOOKBOOK_CA), --cert (LOOKBOOK_CERT), --key (LOOKBOOK_KEY) and --token-file. A
// token is also taken from the environment: `variable`, or a file that `variable`_FILE names.
// REQUIRES: `flags` lives as long as `command`.
void AddSecurityFlags(CLI::App& command, SecurityFlags& flags, const std::string& variable);

// Reads the files; each of --ca, --cert and --key means TLS. InvalidArgument, NotFound and others
// name the flag and the file.
absl::StatusOr<ConnectionSecurity> LoadSecurity(const SecurityFlags& flags);

}  // namespace lookbook
