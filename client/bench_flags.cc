#include "client/bench_flags.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/load/listener_process.h"

namespace lookbook {
namespace {

constexpr double kMaxRate = 1e6;

absl::Duration ParseTime(const std::string& flag, const std::string& text) {
  absl::Duration time;
  if (!absl::ParseDuration(text, &time)) {
    throw CLI::ValidationError(flag, absl::StrCat("'", text, "' is no time such as 5s or 500ms"));
  }
  if (time <= absl::ZeroDuration() || time == absl::InfiniteDuration()) {
    throw CLI::ValidationError(flag, absl::StrCat("'", text, "' is not positive and finite"));
  }
  return time;
}

// "5s", or a number of queries.
Stretch ParseStretch(const std::string& flag, const std::string& text) {
  int64_t calls = 0;
  if (!absl::SimpleAtoi(text, &calls)) return {.time = ParseTime(flag, text)};
  if (calls < 1) throw CLI::ValidationError(flag, absl::StrCat("'", text, "' is below 1"));
  return {.calls = calls};
}

bool IsThisMachine(const std::string& target) {
  for (const char* prefix : {"localhost:", "127.", "[::1]:", "unix:"}) {
    if (absl::StartsWith(target, prefix)) return true;
  }
  return false;
}

CLI::Option* AddTime(CLI::App& command, const std::string& flag, absl::Duration& time,
                     const std::string& help) {
  CLI::Option* option = command.add_option_function<std::string>(
      flag, [&time, flag](const std::string& text) { time = ParseTime(flag, text); }, help);
  if (time > absl::ZeroDuration()) option->default_str(absl::FormatDuration(time));
  return option->type_name("TIME");
}

void AddStretch(CLI::App& command, const std::string& flag, Stretch& stretch,
                const std::string& help) {
  command
      .add_option_function<std::string>(
          flag, [&stretch, flag](const std::string& text) { stretch = ParseStretch(flag, text); },
          help)
      ->type_name("TIME|N")
      ->default_str(absl::FormatDuration(stretch.time));
}

void AddLoadFlags(CLI::App& command, BenchFlags& flags) {
  auto* concurrency =
      command.add_option("--concurrency", flags.concurrency, "Closed loop: queries in flight")
          ->type_name("N")
          ->check(CLI::Range(1, 10000, "1..10000"))
          ->capture_default_str();
  auto* rate = command
                   .add_option("--rate", flags.rate,
                               "Open loop: queries a second, at random times (Poisson)")
                   ->type_name("R")
                   ->check(CLI::Range(1e-3, kMaxRate, "0.001..1000000"))
                   ->excludes(concurrency);
  auto* find = command
                   .add_flag("--find-rate", flags.find_rate,
                             "Search for the highest open-loop rate that meets --p99; begins "
                             "with a closed loop of --concurrency")
                   ->excludes(rate);
  AddTime(command, "--p99", flags.p99, "Target: 99 of 100 queries are answered within it")
      ->needs(find);
  command.add_option("--max-probes", flags.max_probes, "Rates that --find-rate tries at most")
      ->type_name("N")
      ->check(CLI::Range(1, 100, "1..100"))
      ->capture_default_str()
      ->needs(find);
  command.add_option("--channels", flags.channels, "Connections")
      ->type_name("N")
      ->check(CLI::Range(1, 256, "1..256"))
      ->capture_default_str();
  command
      .add_option("--max-in-flight", flags.max_in_flight,
                  "Open loop: what comes due beyond it is not sent, and spoils the run; 100 a "
                  "channel by default")
      ->type_name("N")
      ->check(CLI::Range(1, 100000, "1..100000"));
  command.add_option("--seed", flags.seed, "Open loop: of the random times")
      ->type_name("N")
      ->capture_default_str();
  AddTime(command, "--duration", flags.duration, "One window as long as this, instead of a rule")
      ->excludes(find);
}

void AddWindowFlags(CLI::App& command, BenchFlags& flags) {
  AddStretch(command, "--warm-up", flags.warm_up, "Time or queries before anything counts");
  AddStretch(command, "--window", flags.window, "Time or queries of one window");
  command
      .add_option("--tolerance", flags.rule.tolerance,
                  "Stable: rates and mean latencies of the last 3 windows differ by no more")
      ->type_name("SHARE")
      ->check(CLI::Range(1e-3, 10.0, "0.001..10"))
      ->capture_default_str();
  command.add_option("--max-windows", flags.rule.max_windows, "Then it is not stable")
      ->type_name("N")
      ->check(CLI::Range(3, 1000, "3..1000"))
      ->capture_default_str();
}

void AddVerdictFlags(CLI::App& command, BenchFlags& flags) {
  command
      .add_option("--server-pid", flags.server_pid,
                  "The server's process on this machine: its CPU time is reported, and not "
                  "foreign. Without it, who listens on a local --server's port")
      ->type_name("PID")
      ->check(CLI::Range(1, 1 << 30, "a process id"));
  command
      .add_option("--max-foreign", flags.limits.foreign_share,
                  "No figures when others used more of this machine's CPU")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0, "0..1"))
      ->capture_default_str();
  AddTime(command, "--max-lag", flags.limits.lag,
          "No figures when 1 of 100 queries was sent later than due by more");
}

}  // namespace

void AddBenchFlags(CLI::App& command, BenchFlags& flags) {
  AddQueryFlags(command, flags.query);
  AddLoadFlags(command, flags);
  AddWindowFlags(command, flags);
  AddVerdictFlags(command, flags);
  command.add_option("--json", flags.json, "Also write the results as one JSON object")
      ->type_name("FILE");
  AddServerFlags(command, flags.query.server);
}

int MaxInFlight(const BenchFlags& flags) {
  return flags.max_in_flight > 0 ? flags.max_in_flight : kStreamsPerChannel * flags.channels;
}

std::optional<int> ServerProcess(const BenchFlags& flags) {
  if (flags.server_pid) return flags.server_pid;
  const std::optional<int> port = TargetPort(flags.query.server.server);
  if (!port || !IsThisMachine(flags.query.server.server)) return std::nullopt;
  return FindListenerProcess(*port);
}

ServerPlace PlaceOfServer(const std::string& target, std::optional<int> process) {
  if (process) return ServerPlace::kKnownProcess;
  return IsThisMachine(target) ? ServerPlace::kThisMachine : ServerPlace::kElsewhere;
}

absl::Duration Objective(const BenchFlags& flags) {
  return flags.find_rate ? flags.p99 : flags.query.server.deadline;
}

}  // namespace lookbook
