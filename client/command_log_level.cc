// `lookbook log-level`.
#include <iostream>
#include <memory>
#include <string>

#include "client/admin_flags.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/render_json.h"
#include "client/server_flags.h"
#include "client/terminal.h"

namespace lookbook {
namespace {

struct LogLevelFlags {
  AdminFlags admin;
  std::string level;
};

int RunLogLevel(const LogLevelFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.admin);
  if (!client.ok()) return FailUsage(client.status());
  const auto levels = (*client)->SetLogLevel(flags.level);
  if (!levels.ok()) return FailAdmin(levels.status(), flags.admin);
  if (flags.admin.json) return PrintJson(MessageToJsonLine(*levels), {.server = flags.admin.admin});
  const bool changed = levels->level() != levels->replaced_level();
  std::cout << Paint(Printable(levels->level()), Ink::kBold, style)
            << (changed ? " (it was " + Printable(levels->replaced_level()) + ")" : "") << "\n";
  return kExitOk;
}

}  // namespace

void AddLogLevelCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<LogLevelFlags>();
  CLI::App* command =
      app.add_subcommand("log-level", "Show or change how much a running server logs");
  command->add_option("level", flags->level, "The lowest level that is logged; without it, show it")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  AddAdminFlags(*command, flags->admin);
  command->footer(R"(
Examples:
  lookbook log-level
  lookbook log-level debug
  lookbook log-level info --admin 10.0.0.7:50052

It holds until the server ends; log.level in its configuration is where it begins.
Exit codes: 0 done, 1 it was refused, 3 server unreachable.)");
  SetAction(*command, exit_code, [flags, &style] { return RunLogLevel(*flags, style); });
}

}  // namespace lookbook
