#include <iostream>
#include <memory>

#include "client/commands.h"
#include "client/failure.h"
#include "client/render_json.h"
#include "client/render_text.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

struct InfoFlags {
  ServerFlags server;
  bool json = false;
};

int RunInfo(const InfoFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.server);
  if (!client.ok()) return FailUsage(client.status());
  const auto info = (*client)->GetInfo();
  if (!info.ok()) return Fail(info.status(), "", flags.server);
  if (flags.json) return PrintJson(MessageToJsonLine(*info), flags.server);
  std::cout << RenderInfo(*info, flags.server.server, style);
  return kExitOk;
}

}  // namespace

void AddInfoCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<InfoFlags>();
  CLI::App* command = app.add_subcommand("info", "Show the server's version and its bundles");
  command->add_flag("--json", flags->json, "One JSON object");
  AddServerFlags(*command, flags->server);
  command->footer(R"(
Examples:
  lookbook info
  lookbook info --json | jq -r .bundles[].bundle_id)");
  SetAction(*command, exit_code, [flags, &style] { return RunInfo(*flags, style); });
}

}  // namespace lookbook
