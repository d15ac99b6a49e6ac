#include "client/server_flags.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/failure.h"
#include "client/trace_environment.h"

namespace lookbook {
namespace {

absl::Duration ParseDeadline(const std::string& text) {
  absl::Duration deadline;
  if (!absl::ParseDuration(text, &deadline)) {
    throw CLI::ValidationError("--deadline",
                               absl::StrCat("'", text, "' is no time such as 5s or 500ms"));
  }
  if (deadline <= absl::ZeroDuration()) {
    throw CLI::ValidationError("--deadline", absl::StrCat("'", text, "' is not positive"));
  }
  return deadline;
}

}  // namespace

void AddServerFlags(CLI::App& command, ServerFlags& flags) {
  command.add_option("--server", flags.server, "Where lookbook-server listens")
      ->type_name("HOST:PORT")
      ->envname("LOOKBOOK_SERVER")
      ->capture_default_str();
  AddDeadlineFlag(command, flags.deadline, "Time for each call, its retries included");
  AddSecurityFlags(command, flags.security, "LOOKBOOK_TOKEN");
}

void AddDeadlineFlag(CLI::App& command, absl::Duration& deadline, const std::string& help) {
  command
      .add_option_function<std::string>(
          "--deadline", [&deadline](const std::string& text) { deadline = ParseDeadline(text); },
          help)
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(deadline));
}

void SetAction(CLI::App& command, int& exit_code, std::function<int()> run) {
  command.callback([&exit_code, run = std::move(run)] { exit_code = run(); });
}

absl::StatusOr<std::unique_ptr<SearchClient>> Connect(const ServerFlags& flags) {
  LB_ASSIGN_OR_RETURN(ConnectionSecurity security, LoadSecurity(flags.security));
  return SearchClient::Create({.target = flags.server,
                               .deadline = flags.deadline,
                               .security = std::move(security),
                               .trace = TraceOfEnvironment()});
}

int Fail(const absl::Status& status, const std::string& subject, const ServerFlags& flags) {
  std::cerr << "lookbook: " << DescribeFailure(status, subject, flags.server) << "\n";
  return ExitCodeOf(status);
}

int FailUsage(const absl::Status& status) {
  std::cerr << "lookbook: " << DescribeFailure(status, "", "") << "\n";
  return kExitUsage;
}

int PrintJson(const absl::StatusOr<std::string>& line, const ServerFlags& flags) {
  if (!line.ok()) return Fail(line.status(), "", flags);
  std::cout << *line << "\n";
  return kExitOk;
}

}  // namespace lookbook
