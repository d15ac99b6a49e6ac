#include <iostream>
#include <memory>
#include <string>

#include "client/commands.h"
#include "client/failure.h"
#include "client/render_json.h"
#include "client/render_text.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

struct ClassesFlags {
  ServerFlags server;
  std::string bundle;
  bool attributes = false;
  bool json = false;
};

int RunClasses(const ClassesFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.server);
  if (!client.ok()) return FailUsage(client.status());
  v1::ListClassesRequest request;
  request.set_bundle(flags.bundle);
  const auto classes = (*client)->ListClasses(request);
  if (!classes.ok()) return Fail(classes.status(), "", flags.server);
  if (flags.json) return PrintJson(MessageToJsonLine(*classes), flags.server);
  std::cout << RenderClasses(*classes, flags.attributes, style);
  return kExitOk;
}

}  // namespace

void AddClassesCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<ClassesFlags>();
  CLI::App* command = app.add_subcommand("classes", "List the classes of a bundle");
  command->add_flag("--attributes", flags->attributes, "List the attributes as well");
  command->add_option("--bundle", flags->bundle, "Configured bundle; the server's first by default")
      ->type_name("NAME");
  command->add_flag("--json", flags->json, "One JSON object, attributes included");
  AddServerFlags(*command, flags->server);
  command->footer(R"(
Examples:
  lookbook classes
  lookbook classes --bundle resnet50 --attributes
  lookbook classes --json | jq -r '.classes[].name')");
  SetAction(*command, exit_code, [flags, &style] { return RunClasses(*flags, style); });
}

}  // namespace lookbook
