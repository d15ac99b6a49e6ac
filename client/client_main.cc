// lookbook: asks a lookbook-server about pictures. `lookbook --help` lists the commands.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/lock_checks.h"
#include "base/version.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/terminal.h"

namespace lookbook {
namespace {

constexpr char kFooter[] = R"(
Examples:
  lookbook search dress.jpg
  lookbook search photos/ --top-k 5 --html sheet.html
  lookbook bench photos/ --rate 100
  lookbook info --server search.internal:50051
  lookbook activate 20261123T101500Z-3f9a1c02b7de
  lookbook search --help

LOOKBOOK_SERVER sets --server for all commands, LOOKBOOK_ADMIN sets --admin. A server with TLS wants --tls or --ca,
one with tokens --token-file or LOOKBOOK_TOKEN. NO_COLOR turns colours off.)";

int Run(int argc, char** argv) {
  StopLockChecks();
  const TextStyle style = DetectTextStyle();
  int exit_code = kExitOk;
  CLI::App app("Finds garments that look like a photo.", "lookbook");
  app.set_version_flag("--version", absl::StrCat("lookbook ", Version(), " (", GitCommit(), ")"));
  app.require_subcommand(1);
  app.footer(kFooter);
  AddSearchCommand(app, style, exit_code);
  AddBenchCommand(app, style, exit_code);
  AddInfoCommand(app, style, exit_code);
  AddHealthCommand(app, style, exit_code);
  AddItemCommand(app, style, exit_code);
  AddClassesCommand(app, style, exit_code);
  AddBundlesCommand(app, style, exit_code);
  AddActivateCommand(app, style, exit_code);
  AddRollbackCommand(app, style, exit_code);
  AddLogLevelCommand(app, style, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;  // Help and --version end here, too.
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "lookbook: cannot write to standard output\n";
    return kExitFailed;
  }
  return exit_code;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  try {
    return lookbook::Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "lookbook: " << error.what() << "\n";
    return lookbook::kExitFailed;
  }
}
