#include "server/process_setup.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "base/program_path.h"

namespace lookbook {
namespace {

const std::map<std::string, std::string>& WantedSettings() {
  static const auto* const settings = new std::map<std::string, std::string>{
      {"OMP_NUM_THREADS", "1"}, {"OMP_WAIT_POLICY", "passive"}};
  return *settings;
}

}  // namespace

std::map<std::string, std::string> MissingOpenMpSettings(
    const std::map<std::string, std::string>& environment) {
  std::map<std::string, std::string> missing;
  for (const auto& [name, value] : WantedSettings()) {
    if (environment.count(name) == 0) missing[name] = value;
  }
  return missing;
}

void ApplyOpenMpSettings(char** argv) {
  std::map<std::string, std::string> environment;
  for (const auto& [name, value] : WantedSettings()) {
    if (const char* set = std::getenv(name.c_str())) environment[name] = set;
  }
  const auto missing = MissingOpenMpSettings(environment);
  if (missing.empty()) return;
  for (const auto& [name, value] : missing) ::setenv(name.c_str(), value.c_str(), 1);
  ::execv(ProgramPath().c_str(), argv);  // ps and top go on showing its name.
  LogWarning("cannot restart with OpenMP settings; searches may be slow",
             {{"error", std::strerror(errno)}});
}

bool TuneAllocator() {
  constexpr int kLargestInHeap = 32 << 20;  // The most that glibc takes.
  constexpr int kKeptFree = 256 << 20;
  return ::mallopt(M_MMAP_THRESHOLD, kLargestInHeap) == 1 &&
         ::mallopt(M_TRIM_THRESHOLD, kKeptFree) == 1;
}

void IgnoreBrokenPipes() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace lookbook
