#include "client/admin_flags.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "client/failure.h"
#include "client/server_flags.h"
#include "client/trace_environment.h"

namespace lookbook {
namespace {

// What to do about a refusal, where its message alone does not say.
std::string Advice(const absl::Status& status) {
  const std::string reason = GetReason(status);
  if (ExitCodeOf(status) == kExitUnreachable) {
    return "; the admin port is listen.admin of the server, for its own machine alone by default";
  }
  if (reason == "unknown_bundle_id") return "; `lookbook bundles` lists those there are";
  if (reason == "read_only") {
    return "; or publish with CURRENT there, and `lookbook activate` without an id here";
  }
  if (status.code() == absl::StatusCode::kUnimplemented) {
    return "; is this the data port? The AdminService has its own";
  }
  return "";
}

}  // namespace

void AddAdminFlags(CLI::App& command, AdminFlags& flags) {
  command.add_option("--admin", flags.admin, "The server's admin port (its listen.admin)")
      ->type_name("HOST:PORT")
      ->envname("LOOKBOOK_ADMIN")
      ->capture_default_str();
  AddDeadlineFlag(command, flags.deadline, "Time for the call");
  command.add_flag("--json", flags.json, "One JSON object");
  AddSecurityFlags(command, flags.security, "LOOKBOOK_ADMIN_TOKEN");
}

absl::StatusOr<std::unique_ptr<AdminClient>> Connect(const AdminFlags& flags) {
  LB_ASSIGN_OR_RETURN(ConnectionSecurity security, LoadSecurity(flags.security));
  return AdminClient::Create({.target = flags.admin,
                              .deadline = flags.deadline,
                              .security = std::move(security),
                              .trace = TraceOfEnvironment()});
}

int FailAdmin(const absl::Status& status, const AdminFlags& flags) {
  std::cerr << "lookbook: " << DescribeFailure(status, "", flags.admin) << Advice(status) << "\n";
  return ExitCodeOf(status);
}

}  // namespace lookbook
