#include <iostream>
#include <memory>

#include "client/admin_flags.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/render_bundles.h"
#include "client/render_json.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

int RunBundles(const AdminFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags);
  if (!client.ok()) return FailUsage(client.status());
  const auto bundles = (*client)->ListBundles(flags.bundle);
  if (!bundles.ok()) return FailAdmin(bundles.status(), flags);
  if (flags.json) return PrintJson(MessageToJsonLine(*bundles), {.server = flags.admin});
  std::cout << RenderBundles(*bundles, style);
  return kExitOk;
}

}  // namespace

void AddBundlesCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<AdminFlags>();
  CLI::App* command =
      app.add_subcommand("bundles", "List the bundles on a server's disk and which is live");
  command->add_option("--bundle", flags->bundle, "One configured bundle root; all by default")
      ->type_name("NAME");
  AddAdminFlags(*command, *flags);
  command->footer(R"(
Examples:
  lookbook bundles
  lookbook bundles --admin 10.0.0.7:50052 --bundle resnet50
  lookbook bundles --json | jq -r '.roots[].bundles[] | select(.active) | .bundle_id'

active: the server answers from it. CURRENT, not CURRENT: what a restart would load, where that is
something else. previous: what `lookbook rollback` would activate.)");
  SetAction(*command, exit_code, [flags, &style] { return RunBundles(*flags, style); });
}

}  // namespace lookbook
