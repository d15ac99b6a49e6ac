#include <iostream>
#include <memory>

#include "client/bench_flags.h"
#include "client/bench_run.h"
#include "client/commands.h"
#include "client/failure.h"

namespace lookbook {

void AddBenchCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<BenchFlags>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure how many searches a second the server answers, how fast");
  AddBenchFlags(*command, *flags);
  command->footer(R"(
A closed loop by default: --concurrency queries in flight, each answer starting the next. It measures
until the last 3 windows agree, or for --duration. Nothing is retried. When the generator was the
bottleneck, or other processes used this machine, there are no figures.

Examples:
  lookbook bench photos/ --concurrency 16
  lookbook bench photos/ --rate 120 --duration 30s --json open.json
  lookbook bench photos/ --find-rate --p99 50ms --server search.internal:50051
  lookbook bench --item train/00042 --rate 500 --window 1000 --warm-up 200

Exit codes: 0 there are figures, 1 there are none, or they are not stable, 2 wrong usage, 3 server
unreachable.)");
  SetAction(*command, exit_code, [flags, &style] {
    if (flags->query.pictures.empty() && flags->query.items.empty()) {
      std::cerr << "lookbook bench: give a picture, a folder, - or --item ID\n"
                << "Run with --help for more information.\n";
      return static_cast<int>(kExitUsage);
    }
    return BenchRun(*flags, style).Run();
  });
}

}  // namespace lookbook
