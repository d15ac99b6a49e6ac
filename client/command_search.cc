#include <iostream>
#include <memory>

#include "client/commands.h"
#include "client/failure.h"
#include "client/search_flags.h"
#include "client/search_run.h"

namespace lookbook {

void AddSearchCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<SearchFlags>();
  CLI::App* command =
      app.add_subcommand("search", "Find items that look like pictures, and score their classes");
  AddSearchFlags(*command, *flags);
  command->footer(R"(
A picture that fails is reported and the others go on.

Examples:
  lookbook search dress.jpg
  lookbook search photos/ more/*.png --top-k 5 --html sheet.html
  lookbook search dress.jpg --class dress --not-class belt --min-similarity 0.6
  lookbook search --item train/00042 --json | jq .neighbors[0]
  curl -s https://example.com/dress.jpg | lookbook search -
  lookbook search holdout/ --labels holdout.csv --html sheet.html

Exit codes: 0 every query was answered, 1 one failed, 2 wrong usage, 3 server unreachable.)");
  SetAction(*command, exit_code, [flags, &style] {
    if (flags->pictures.empty() && flags->items.empty()) {
      std::cerr << "lookbook search: give a picture, a folder, - or --item ID\n"
                << "Run with --help for more information.\n";
      return static_cast<int>(kExitUsage);
    }
    return SearchRun(*flags, style).Run();
  });
}

}  // namespace lookbook
