// The flags that every command has, and what every command does with them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/search_client.h"
#include "client/security_flags.h"

namespace lookbook {

struct ServerFlags {
  std::string server = "localhost:50051";
  absl::Duration deadline = absl::Seconds(5);
  SecurityFlags security;
};

// --server (or LOOKBOOK_SERVER), --deadline, and those for TLS and tokens (LOOKBOOK_TOKEN).
void AddServerFlags(CLI::App& command, ServerFlags& flags);

// --deadline alone. REQUIRES: `deadline` lives as long as `command`.
void AddDeadlineFlag(CLI::App& command, absl::Duration& deadline, const std::string& help);

// Runs `run` when `command` is the one on the command line, and keeps what it returns.
void SetAction(CLI::App& command, int& exit_code, std::function<int()> run);

absl::StatusOr<std::unique_ptr<SearchClient>> Connect(const ServerFlags& flags);

// Says on standard error what went wrong and returns the exit code for it.
int Fail(const absl::Status& status, const std::string& subject, const ServerFlags& flags);
int FailUsage(const absl::Status& status);

// Prints one line of JSON, or fails like Fail().
int PrintJson(const absl::StatusOr<std::string>& line, const ServerFlags& flags);

}  // namespace lookbook
