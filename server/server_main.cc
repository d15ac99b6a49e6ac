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
#include "base/lock_checks.h"
#include "base/logging.h"
#include "base/reason.h"
#include "base/service_manager.h"
#include "base/stop_signal.h"
#include "server/check_bundle.h"
#include "server/config/command_line.h"
#include "server/config/cores.h"
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

int Fail(int code, const absl::Status& status) {
  const std::string reason = GetReason(status);
  std::cerr << "lookbook-server: "
            << absl::StrReplaceAll(std::string(status.message()), {{"\n", " "}})
            << (reason.empty() ? "" : absl::StrCat(" (check: ", reason, ")")) << std::endl;
  return code;
}

int Check(const CommandLine& line) {
  const ServerConfig::Lifecycle& bounds = line.config.lifecycle;
  BoundThisProcess(bounds.check_memory, bounds.check_time);
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

int Serve(const ServerConfig& config) {
  InstallStopSignals();
  ServiceManager manager = Manager();
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Listen(config, nullptr, nullptr, CheckByThisProgram(config));
  if (!server.ok()) return Fail(kExitConfig, server.status());
  const absl::Status loaded = (*server)->LoadBundles(StopRequested);
  if (absl::IsCancelled(loaded)) return kExitStopped;
  if (!loaded.ok()) return Fail(kExitBundle, loaded);
  std::cout << (*server)->Describe() << std::endl;
  WarnUnlessOk(manager.Ready((*server)->Describe()));
  while (!WaitForStop(kCheckInterval)) {
    // A thread that hangs, on a lost device too, cannot be joined: nothing is destroyed.
    const absl::Status device = (*server)->CheckDevice();
    if (!device.ok()) std::_Exit(Fail(kExitDevice, device));
    const absl::Status workers = (*server)->CheckWorkers();
    if (!workers.ok()) std::_Exit(Fail(kExitStuck, workers));
    const absl::Status memory = (*server)->CheckMemory();
    if (!memory.ok()) std::_Exit(Fail(kExitMemory, memory));
    (*server)->RefreshSecrets();
    WarnUnlessOk(manager.Alive(Clock::Steady()->Now()));
  }
  WarnUnlessOk(manager.Stopping(config.deadlines.lame_duck + config.deadlines.drain + kStopMargin));
  (*server)->Stop();
  return kExitStopped;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(
      std::vector<std::string>(argv + 1, argv + argc), &std::getenv, UsableCores());
  if (!line.ok()) return Fail(kExitConfig, line.status());
  if (!line->print.empty()) {
    std::cout << line->print << std::flush;
    return kExitStopped;
  }
  ConfigureLogging(line->config.log.level, line->config.log.format);
  ApplyOpenMpSettings(argv);
  if (!line->check_bundle.empty()) return Check(*line);
  IgnoreBrokenPipes();
  StopLockChecks();
  // Calls are logged on the threads that answer them: none may wait for who reads the log.
  const auto log = BackgroundLog::Start();
  if (!log.ok())
    LogWarning("lines are written by the threads that log", {{"status", log.status()}});
  const int wanted = line->config.limits.connections + kOtherDescriptors;
  if (const int64_t descriptors = RaiseDescriptorLimit(wanted); descriptors < wanted) {
    LogWarning("too few file descriptors for limits.connections: some will be refused",
               {{"may_be_open", descriptors}, {"wanted", wanted}});
  }
  if (!TuneAllocator()) LogWarning("the allocator keeps its own thresholds");
  return Serve(line->config);
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) { return lookbook::Main(argc, argv); }
