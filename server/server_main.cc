// lookbook-server: answers "what looks like this photo" over gRPC.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "base/background_log.h"
#include "base/clock.h"
#include "base/last_words.h"
#include "base/lock_checks.h"
#include "base/logging.h"
#include "base/reason.h"
#include "base/service_manager.h"
#include "base/stop_signal.h"
#include "server/check_bundle.h"
#include "server/config/command_line.h"
#include "server/config/cores.h"
#include "server/lifecycle/memory_room.h"
#include "server/process_setup.h"
#include "server/server.h"

namespace lookbook {
namespace {

constexpr int kExitStopped = 0;
constexpr int kExitBundle = 1;
constexpr int kExitConfig = 2;
constexpr int kExitDevice = 3;
constexpr int kExitStuck = 4;
constexpr int kExitMemory = 5;
// An attack can take half a gigabyte a second.
constexpr absl::Duration kCheckInterval = absl::Milliseconds(250);
// Beside what calls are given after SIGTERM: threads end, bundles are closed.
constexpr absl::Duration kStopMargin = absl::Seconds(5);
// Beside those of connections: of the admin and the health port, the libraries, scrapes, bundles
// that load, and those that the acceptor leaves free.
constexpr int kOtherDescriptors = 384;

// Says why it ends: in the log's own form where that is JSON.
int Fail(int code, const absl::Status& status) {
  const std::string reason = GetReason(status);
  if (CurrentLogFormat() == LogFormat::kJson) {
    LogError(status.message(), {{"check", reason}, {"exit_code", code}});
    return code;
  }
  WriteLogLine(LogLevel::kError,
               absl::StrCat("lookbook-server: ",
                            absl::StrReplaceAll(std::string(status.message()), {{"\n", " "}}),
                            reason.empty() ? "" : absl::StrCat(" (check: ", reason, ")")));
  return code;
}

int Check(const CommandLine& line) {
  const ServerConfig::Lifecycle& bounds = line.config.lifecycle;
  // What touches more than there is would have the kernel choose a process to end.
  BoundThisProcess({bounds.check_memory, MemoryRoom().value_or(0), bounds.check_time});
  const absl::StatusOr<std::string> good = CheckBundle(line.check_bundle, line.config);
  if (!good.ok()) return Fail(kExitBundle, good.status());
  std::cout << *good << std::endl;
  return kExitStopped;
}

// Serving does not depend on who is told of it.
void WarnUnlessOk(const absl::Status& told) {
  if (!told.ok()) LogWarning("the service manager is not told", {{"status", told}});
}

ServiceManager Manager() {
  absl::StatusOr<ServiceManager> manager = ServiceManager::FromEnvironment(&std::getenv);
  WarnUnlessOk(manager.status());
  return manager.ok() ? *std::move(manager) : ServiceManager();
}

// Why a server ends.
struct End {
  int code = kExitStopped;
  absl::Status why;
  bool at_once = false;  // A thread hangs, on a lost device too: nothing may be destroyed.
};

// Returns when it is to stop, or should not go on.
End Watch(Server& server, ServiceManager& manager) {
  while (!WaitForStop(kCheckInterval)) {
    if (const absl::Status device = server.CheckDevice(); !device.ok()) {
      return {kExitDevice, device, true};
    }
    if (const absl::Status workers = server.CheckWorkers(); !workers.ok()) {
      return {kExitStuck, workers, true};
    }
    if (const absl::Status memory = server.CheckMemory(); !memory.ok()) {
      return {kExitMemory, memory, true};
    }
    server.RefreshSecrets();
    WarnUnlessOk(manager.Alive(Clock::Steady()->Now()));
  }
  return {};
}

End Serve(const ServerConfig& config) {
  InstallStopSignals();
  ServiceManager manager = Manager();
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Listen(config, nullptr, nullptr, CheckByThisProgram(config));
  if (!server.ok()) return {kExitConfig, server.status()};
  const absl::Status loaded = (*server)->LoadBundles(StopRequested);
  if (absl::IsCancelled(loaded)) return {};
  if (!loaded.ok()) return {kExitBundle, loaded};
  std::cout << (*server)->Describe() << std::endl;
  WarnUnlessOk(manager.Ready((*server)->Describe()));
  End end = Watch(**server, manager);
  if (end.at_once) {
    (void)server->release();
    return end;
  }
  WarnUnlessOk(manager.Stopping(config.deadlines.lame_duck + config.deadlines.drain + kStopMargin));
  (*server)->Stop();
  return end;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(
      std::vector<std::string>(argv + 1, argv + argc), &std::getenv, UsableCores());
  if (!line.ok()) return Fail(kExitConfig, line.status());
  if (!line->print.empty()) {
    std::cout << line->print << std::flush;
    return kExitStopped;
  }
  // A check's answer is a line for people, and for the server that asked for it.
  const bool serves = line->check_bundle.empty();
  ConfigureLogging(line->config.log.level, serves ? line->config.log.format : LogFormat::kText);
  ApplyOpenMpSettings(argv);
  if (!serves) return Check(*line);
  IgnoreBrokenPipes();
  StopLockChecks();
  // Calls are logged on the threads that answer them: none may wait for who reads the log.
  auto log = BackgroundLog::Start();
  if (!log.ok())
    LogWarning("lines are written by the threads that log", {{"status", log.status()}});
  const int wanted = line->config.limits.connections + kOtherDescriptors;
  if (const int64_t descriptors = RaiseDescriptorLimit(wanted); descriptors < wanted) {
    LogWarning("too few file descriptors for limits.connections: some will be refused",
               {{"may_be_open", descriptors}, {"wanted", wanted}});
  }
  if (!TuneAllocator()) LogWarning("the allocator keeps its own thresholds");
  const End end = Serve(line->config);
  if (!end.why.ok()) Fail(end.code, end.why);
  if (!end.at_once) return end.code;
  if (log.ok()) log->reset();  // Writes what waits, where somebody reads it.
  std::_Exit(end.code);
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) { return lookbook::Main(argc, argv); }
