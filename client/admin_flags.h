// The flags that the commands for operators have.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/admin_client.h"
#include "client/security_flags.h"

namespace lookbook {

struct AdminFlags {
  std::string admin = "localhost:50052";
  absl::Duration deadline = absl::Minutes(5);
  std::string bundle;  // Name of a configured bundle root; empty = the first, or all.
  bool json = false;
  SecurityFlags security;
};

// --admin (or LOOKBOOK_ADMIN), --deadline, --json, and those for TLS and tokens
// (LOOKBOOK_ADMIN_TOKEN).
void AddAdminFlags(CLI::App& command, AdminFlags& flags);

absl::StatusOr<std::unique_ptr<AdminClient>> Connect(const AdminFlags& flags);

// Says on standard error what went wrong, and what to look at, and returns the exit code for it.
int FailAdmin(const absl::Status& status, const AdminFlags& flags);

}  // namespace lookbook
