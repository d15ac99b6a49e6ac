#include "server/process_setup.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

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

// 0 = none.
void Limit(__rlimit_resource resource, int64_t bytes) {
  if (bytes <= 0) return;
  const struct rlimit limit = {static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
  ::setrlimit(resource, &limit);
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

void BoundThisProcess(const ProcessBounds& bounds) {
  constexpr int kNiceness = 10;
  const struct rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::ofstream first("/proc/self/oom_score_adj");
  if (!(first << "1000" << std::flush)) LogDebug("the kernel may end others before this process");
  if (::nice(kNiceness) == -1) LogDebug("this process keeps its priority");
  Limit(RLIMIT_AS, bounds.address_bytes);
  Limit(RLIMIT_DATA, bounds.data_bytes);
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(bounds.time, absl::Seconds(1)));
  ::alarm(static_cast<unsigned>(std::clamp<int64_t>(seconds, 1, 1 << 30)));
}

int64_t RaiseDescriptorLimit(int64_t wanted) {
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t raised = std::min<rlim_t>(static_cast<rlim_t>(wanted), limit.rlim_max);
  if (raised > limit.rlim_cur) {
    const rlim_t before = std::exchange(limit.rlim_cur, raised);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, INT64_MAX));
}

void IgnoreBrokenPipes() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace lookbook
