#include "client/load/cpu_meter.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

double TicksPerSecond() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

// The sum of those fields, or null when one is missing or no number.
std::optional<double> Sum(const std::vector<absl::string_view>& fields,
                          std::initializer_list<size_t> which) {
  double sum = 0;
  for (const size_t i : which) {
    double value = 0;
    if (i >= fields.size() || !absl::SimpleAtod(fields[i], &value)) return std::nullopt;
    sum += value;
  }
  return sum;
}

}  // namespace

CpuSeconds& CpuSeconds::operator+=(const CpuSeconds& other) {
  own += other.own;
  server += other.server;
  machine += other.machine;
  return *this;
}

CpuSeconds CpuSeconds::operator-(const CpuSeconds& other) const {
  return {own - other.own, server - other.server, machine - other.machine};
}

double ForeignShare(const CpuSeconds& used, absl::Duration wall, int cores) {
  const double offered = absl::ToDoubleSeconds(wall) * cores;
  if (offered <= 0) return 0;
  return std::clamp((used.machine - used.own - used.server) / offered, 0.0, 1.0);
}

std::optional<double> ParseMachineCpu(absl::string_view text, double ticks_per_second) {
  const absl::string_view line = text.substr(0, text.find('\n'));
  const std::vector<absl::string_view> fields =
      absl::StrSplit(line, absl::ByAnyChar(" "), absl::SkipEmpty());
  if (fields.empty() || fields[0] != "cpu") return std::nullopt;
  // user, nice, system, then after idle and iowait: irq, softirq, steal. Guests are part of user.
  const auto ticks = Sum(fields, {1, 2, 3, 6, 7, 8});
  if (!ticks) return std::nullopt;
  return *ticks / ticks_per_second;
}

std::optional<double> ParseProcessCpu(absl::string_view text, double ticks_per_second) {
  const size_t name_end = text.rfind(')');  // The name may hold anything, parentheses too.
  if (name_end == absl::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text.substr(name_end + 1), absl::ByAnyChar(" "), absl::SkipEmpty());
  const auto ticks = Sum(fields, {11, 12});  // utime, stime
  if (!ticks) return std::nullopt;
  return *ticks / ticks_per_second;
}

double OwnCpuSeconds() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

absl::StatusOr<CpuSeconds> CpuMeter::Read() const {
  CpuSeconds now{.own = OwnCpuSeconds()};
  LB_ASSIGN_OR_RETURN(const std::string stat, ReadFile("/proc/stat"));
  const auto machine = ParseMachineCpu(stat, TicksPerSecond());
  if (!machine) return absl::InternalError("/proc/stat has another form than expected");
  now.machine = *machine;
  if (!server_pid_) return now;
  const auto text = ReadFile(absl::StrCat("/proc/", *server_pid_, "/stat"));
  if (!text.ok()) return absl::NotFoundError(absl::StrCat("there is no process ", *server_pid_));
  const auto server = ParseProcessCpu(*text, TicksPerSecond());
  if (!server) return absl::InternalError("/proc/<pid>/stat has another form than expected");
  now.server = *server;
  return now;
}

int CoreCount() { return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

}  // namespace lookbook
