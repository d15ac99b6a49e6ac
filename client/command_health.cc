#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/commands.h"
#include "client/failure.h"
#include "client/server_flags.h"

namespace lookbook {
namespace {

using grpc::health::v1::HealthCheckResponse;

struct HealthFlags {
  ServerFlags server;
  std::string service;
  bool watch = false;
  bool json = false;
};

Ink InkOf(HealthCheckResponse::ServingStatus status) {
  return status == HealthCheckResponse::SERVING ? Ink::kGood : Ink::kBad;
}

void Print(const HealthCheckResponse& health, const HealthFlags& flags, const TextStyle& style) {
  const std::string name = HealthCheckResponse::ServingStatus_Name(health.status());
  const std::string now = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  if (flags.json) {
    nlohmann::ordered_json line = {{"service", flags.service}, {"status", name}};
    if (flags.watch) line["time"] = now;
    std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  } else {
    std::cout << (flags.watch ? now + " " : "") << Paint(name, InkOf(health.status()), style);
  }
  std::cout << std::endl;  // Who watches wants each line when it happens.
}

int RunHealth(const HealthFlags& flags, const TextStyle& style) {
  const auto client = Connect(flags.server);
  if (!client.ok()) return FailUsage(client.status());
  if (flags.watch) {
    const absl::Status status =
        (*client)->WatchHealth(flags.service, [&](const HealthCheckResponse& health) {
          Print(health, flags, style);
          return true;
        });
    return Fail(status, "", flags.server);
  }
  const auto health = (*client)->CheckHealth(flags.service);
  if (!health.ok()) return Fail(health.status(), flags.service, flags.server);
  Print(*health, flags, style);
  return health->status() == HealthCheckResponse::SERVING ? kExitOk : kExitFailed;
}

}  // namespace

void AddHealthCommand(CLI::App& app, const TextStyle& style, int& exit_code) {
  const auto flags = std::make_shared<HealthFlags>();
  CLI::App* command = app.add_subcommand("health", "Ask whether the server is serving");
  command->add_option("--service", flags->service, "One gRPC service; the whole server by default")
      ->type_name("NAME");
  command->add_flag("--watch", flags->watch, "Print each change until the server ends or Ctrl-C");
  command->add_flag("--json", flags->json, "One JSON object per line");
  AddServerFlags(*command, flags->server);
  command->footer(R"(
Examples:
  lookbook health
  lookbook health --service lookbook.v1.SearchService
  lookbook health --watch

Exit codes: 0 serving, 1 not serving, 3 server unreachable.)");
  SetAction(*command, exit_code, [flags, &style] { return RunHealth(*flags, style); });
}

}  // namespace lookbook
