// What a server promises about changing bundles and about ending, held against a real
// lookbook-server under load:
//
//   lifecycle_bench swaps --server PROGRAM --count 1000
//   lifecycle_bench terms --server PROGRAM --count 100
//
// No call fails, no answer is of two bundles, memory comes back; no call is lost that was taken.
// Prints one JSON object; exit code 1 when a promise was broken. CTest runs short forms of both.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "tests/bench/lifecycle/live_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string server;
  int count = 20;
  int clients = 4;
  int items = 20'000;
  int dim = 128;
  int image_size = 64;
  double memory_percent = 5;  // How much more than before a server may hold afterwards.
  absl::Duration settle = absl::Seconds(2);
};

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

TestBundleOptions OptionsOf(const Flags& flags, int which) {
  TestBundleOptions options;
  options.items = flags.items;
  options.dim = flags.dim;
  options.image_size = flags.image_size;
  options.seed = static_cast<uint64_t>(which + 1);
  options.created += absl::Hours(which);
  options.item_prefix = which == 0 ? "item-" : "other-";
  options.activate = which == 0;
  return options;
}

absl::StatusOr<std::vector<KnownBundle>> MakeBundles(const Flags& flags, const std::string& root) {
  std::vector<KnownBundle> bundles;
  for (int which : {0, 1}) {
    const TestBundleOptions options = OptionsOf(flags, which);
    LB_ASSIGN_OR_RETURN(const TestBundle bundle, WriteTestBundle(root, options));
    bundles.push_back({bundle.id, options.item_prefix});
  }
  return bundles;
}

void AwaitAnswers(const Seen& seen, int64_t more) {
  const int64_t enough = seen.answered + more;
  while (seen.answered < enough && seen.failed == 0) absl::SleepFor(absl::Milliseconds(2));
}

Json Latencies(const std::vector<double>& seconds) {
  return {{"p50_ms", 1000 * Percentile(seconds, 0.5)},
          {"p99_ms", 1000 * Percentile(seconds, 0.99)},
          {"max_ms", 1000 * Percentile(seconds, 1)}};
}

// The answers since the last call of this.
std::vector<double> TakeSeconds(Seen* seen) {
  std::vector<double> taken;
  MutexLock lock(&seen->mutex);
  taken.swap(seen->seconds);
  return taken;
}

absl::StatusOr<std::unique_ptr<LiveServer>> StartServer(const std::string& program,
                                                        const std::string& root,
                                                        const std::string& log) {
  LB_ASSIGN_OR_RETURN(auto server,
                      RealServer::Start(program, root,
                                        {"--log.requests-per-second", "0", "--log.level", "warning",
                                         "--deadlines.lame-duck", "0"},
                                        log));
  return std::make_unique<LiveServer>(std::move(server));
}

absl::StatusOr<bool> Swaps(const Flags& flags) {
  const TempDir directory;
  LB_ASSIGN_OR_RETURN(const auto bundles, MakeBundles(flags, directory.path()));
  LB_ASSIGN_OR_RETURN(const auto server,
                      StartServer(flags.server, directory.path(), directory / "log"));
  Seen seen;
  server->StartLoad(flags.clients, TestImageFile(1, flags.image_size), bundles, &seen);
  AwaitAnswers(seen, 200);
  const int64_t before = server->ResidentBytes();
  const std::vector<double> quiet = TakeSeconds(&seen);
  int64_t peak = before;
  std::vector<double> loads;
  for (int i = 0; i < flags.count; ++i) {
    LB_ASSIGN_OR_RETURN(const double load, server->Activate(bundles[(i + 1) % 2].id));
    loads.push_back(load);
    peak = std::max(peak, server->ResidentBytes());
    if (i % 50 == 49) std::cerr << i + 1 << " swaps" << std::endl;
  }
  absl::SleepFor(flags.settle);  // The last one retires.
  const int64_t after = server->ResidentBytes();
  server->EndLoad();
  const std::vector<double> busy = TakeSeconds(&seen);
  server->Terminate();
  const int exit_code = server->Wait();
  const double growth = 100.0 * static_cast<double>(after - before) / static_cast<double>(before);
  const bool good = seen.failed == 0 && seen.mixed == 0 && seen.sent_away == 0 &&
                    growth <= flags.memory_percent && exit_code == 0;
  MutexLock lock(&seen.mutex);
  std::cout << Json{{"swaps", flags.count},
                    {"calls", seen.answered.load()},
                    {"failed", seen.failed.load() + seen.sent_away.load()},
                    {"first_failure", seen.first_failure},
                    {"mixed", seen.mixed.load()},
                    {"swap_seconds_median", Percentile(loads, 0.5)},
                    {"swap_seconds_max", Percentile(loads, 1)},
                    {"latency_before", Latencies(quiet)},
                    {"latency_during", Latencies(busy)},
                    {"rss_before_mb", before / 1'000'000},
                    {"rss_peak_mb", peak / 1'000'000},
                    {"rss_after_mb", after / 1'000'000},
                    {"rss_growth_percent", growth},
                    {"exit_code", exit_code},
                    {"good", good}}
                   .dump(1)
            << std::endl;
  return good;
}

// One life of a server: load, SIGTERM in the middle of it.
absl::Status TermOnce(const Flags& flags, const std::string& root,
                      const std::vector<KnownBundle>& bundles, const std::string& log, Seen* seen,
                      int* bad_exits) {
  LB_ASSIGN_OR_RETURN(const auto server, StartServer(flags.server, root, log));
  server->StartLoad(flags.clients, TestImageFile(1, flags.image_size), bundles, seen);
  AwaitAnswers(*seen, 20);
  server->Terminate();
  *bad_exits += server->Wait() != 0;
  server->EndLoad();
  return absl::OkStatus();
}

absl::StatusOr<bool> Terms(const Flags& flags) {
  const TempDir directory;
  LB_ASSIGN_OR_RETURN(const auto bundles, MakeBundles(flags, directory.path()));
  Seen seen;
  int bad_exits = 0;
  for (int i = 0; i < flags.count; ++i) {
    LB_RETURN_IF_ERROR(
        TermOnce(flags, directory.path(), bundles, directory / "log", &seen, &bad_exits));
    if (i % 10 == 9) std::cerr << i + 1 << " ends" << std::endl;
  }
  const bool good = seen.failed == 0 && seen.mixed == 0 && bad_exits == 0;
  MutexLock lock(&seen.mutex);
  std::cout << Json{{"terms", flags.count},
                    {"calls", seen.answered.load()},
                    {"lost", seen.failed.load()},
                    {"first_failure", seen.first_failure},
                    {"sent_to_another_replica", seen.sent_away.load()},
                    {"mixed", seen.mixed.load()},
                    {"exit_codes_other_than_0", bad_exits},
                    {"good", good}}
                   .dump(1)
            << std::endl;
  return good;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Swaps and ends of a real lookbook-server under load", "lifecycle_bench");
  app.require_subcommand(1);
  CLI::App* swaps = app.add_subcommand("swaps", "Swap two bundles again and again");
  CLI::App* terms = app.add_subcommand("terms", "SIGTERM a server again and again");
  for (CLI::App* command : {swaps, terms}) {
    command->add_option("--server", flags.server, "lookbook-server")->required();
    command->add_option("--count", flags.count)->check(CLI::PositiveNumber);
    command->add_option("--clients", flags.clients)->check(CLI::PositiveNumber);
    command->add_option("--items", flags.items)->check(CLI::PositiveNumber);
    command->add_option("--dim", flags.dim)->check(CLI::PositiveNumber);
    command->add_option("--image-size", flags.image_size, "A multiple of 4");
  }
  swaps->add_option("--memory-percent", flags.memory_percent,
                    "Most that the resident size may grow");
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<bool> good = *swaps ? Swaps(flags) : Terms(flags);
  if (!good.ok()) std::cerr << "lifecycle_bench: " << good.status() << std::endl;
  return good.ok() && *good ? 0 : 1;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) { return lookbook::Main(argc, argv); }
