// `lookbook activate` and `lookbook rollback`.
#include <iostream>
#include <memory>
#include <string>

#include "client/admin_flags.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/render_bundles.h"
#include "client/render_json.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

struct ActivateFlags {
  AdminFlags admin;
  std::string bundle_id;
};

int Report(const absl::StatusOr<v1::Activation>& activation, const AdminFlags& flags,
           const TextStyle& style) {
  if (!activation.ok()) return FailAdmin(activation.status(), flags);
  if (flags.json) return PrintJson(MessageToJsonLine(*activation), {.server = flags.admin});
  std::cout << RenderActivation(*activation, style);
  return kExitOk;
}

int RunActivate(const ActivateFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.admin);
  if (!client.ok()) return FailUsage(client.status());
  return Report((*client)->Activate(flags.admin.bundle, flags.bundle_id), flags.admin, style);
}

int RunRollback(const AdminFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags);
  if (!client.ok()) return FailUsage(client.status());
  return Report((*client)->Rollback(flags.bundle), flags, style);
}

void AddBundleName(CLI::App& command, AdminFlags& flags) {
  command.add_option("--bundle", flags.bundle, "The configured bundle root; the first by default")
      ->type_name("NAME");
}

}  // namespace

void AddActivateCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<ActivateFlags>();
  CLI::App* command =
      app.add_subcommand("activate", "Make a bundle live on a server that goes on serving");
  command->add_option("id", flags->bundle_id, "The bundle's id; without it, what CURRENT names")
      ->type_name("BUNDLE_ID");
  AddBundleName(*command, flags->admin);
  AddAdminFlags(*command, flags->admin);
  command->footer(R"(
Examples:
  lookbook activate 20261123T101500Z-3f9a1c02b7de
  lookbook activate --bundle resnet50

The server checks the bundle in another process, loads it and swaps it in; calls go on meanwhile.
It makes CURRENT name it, so that a restart loads the same. On failure nothing changes.
Exit codes: 0 it is live, 1 it was refused, 3 server unreachable.)");
  SetAction(*command, exit_code, [flags, &style] { return RunActivate(*flags, style); });
}

void AddRollbackCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<AdminFlags>();
  CLI::App* command = app.add_subcommand("rollback", "Make the bundle live that was so before");
  AddBundleName(*command, *flags);
  AddAdminFlags(*command, *flags);
  command->footer(R"(
Examples:
  lookbook rollback
  lookbook rollback --bundle resnet50 --json

Goes back to what CURRENT named before its last change; a second rollback comes back.
Exit codes: 0 it is live, 1 it was refused, 3 server unreachable.)");
  SetAction(*command, exit_code, [flags, &style] { return RunRollback(*flags, style); });
}

}  // namespace lookbook
