#include "server/metrics/process_collector.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/files.h"

namespace lookbook {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// ReadFile wants a size, which files of /proc do not have.
std::string ReadProc(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Append(std::vector<MetricFamily>& families, const char* name, const char* help,
            MetricType type, double value) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  family.metric.resize(1);
  family.metric[0].counter.value = value;
  family.metric[0].gauge.value = value;
  families.push_back(std::move(family));
}

void AppendStat(std::vector<MetricFamily>& families) {
  const auto stat =
      ParseProcessStat(ReadProc("/proc/self/stat"), static_cast<double>(::sysconf(_SC_CLK_TCK)),
                       static_cast<double>(::sysconf(_SC_PAGESIZE)));
  if (!stat) return;
  Append(families, "process_cpu_seconds_total", "CPU time of the process, user and system.",
         MetricType::Counter, stat->cpu_seconds);
  Append(families, "process_resident_memory_bytes", "Resident memory.", MetricType::Gauge,
         stat->resident_bytes);
  Append(families, "process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge,
         stat->virtual_bytes);
  Append(families, "process_threads", "Threads of the process.", MetricType::Gauge,
         static_cast<double>(stat->threads));
  if (const auto boot = ParseBootTime(ReadProc("/proc/stat"))) {
    Append(families, "process_start_time_seconds", "Start of the process in seconds since 1970.",
           MetricType::Gauge, *boot + stat->start_seconds);
  }
}

void AppendDescriptors(std::vector<MetricFamily>& families) {
  if (const auto open = ListDirectory("/proc/self/fd"); open.ok()) {
    // The listing itself holds one descriptor.
    Append(families, "process_open_fds", "Open file descriptors.", MetricType::Gauge,
           static_cast<double>(open->size()) - 1);
  }
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    Append(families, "process_max_fds", "File descriptors the process may open.", MetricType::Gauge,
           static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(absl::string_view text, double ticks_per_second,
                                            double page_bytes) {
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const size_t name_end = text.rfind(')');
  if (name_end == absl::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text.substr(name_end + 1), absl::ByAnyChar(" \n"), absl::SkipEmpty());
  constexpr int kFirst = 3;  // proc(5) counts from 1; fields[0] is number 3, "state".
  const auto number = [&fields](size_t one_based) -> std::optional<double> {
    double value = 0;
    if (one_based - kFirst >= fields.size()) return std::nullopt;
    if (!absl::SimpleAtod(fields[one_based - kFirst], &value)) return std::nullopt;
    return value;
  };
  const auto user = number(14), system = number(15), threads = number(20), start = number(22),
             virtual_size = number(23), resident = number(24);
  if (!user || !system || !threads || !start || !virtual_size || !resident) return std::nullopt;
  ProcessStat stat;
  stat.cpu_seconds = (*user + *system) / ticks_per_second;
  stat.threads = static_cast<int64_t>(*threads);
  stat.start_seconds = *start / ticks_per_second;
  stat.virtual_bytes = *virtual_size;
  stat.resident_bytes = *resident * page_bytes;
  return stat;
}

std::optional<double> ParseBootTime(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    double seconds = 0;
    if (absl::ConsumePrefix(&line, "btime ") && absl::SimpleAtod(line, &seconds)) return seconds;
  }
  return std::nullopt;
}

std::vector<MetricFamily> ProcessCollector::Collect() const {
  std::vector<MetricFamily> families;
  AppendStat(families);
  AppendDescriptors(families);
  return families;
}

}  // namespace lookbook
