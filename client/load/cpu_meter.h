// Who used the processors while a load ran: the generator, the server, others.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lookbook {

// CPU seconds over all cores; differences of two readings mean something, single ones do not.
struct CpuSeconds {
  double own = 0;      // This process.
  double server = 0;   // The server's, where its process is known.
  double machine = 0;  // All that was not idle, virtual machines beside this one included.

  CpuSeconds& operator+=(const CpuSeconds& other);
  CpuSeconds operator-(const CpuSeconds& other) const;
};

// Share of the machine that neither this process nor the server used. In [0, 1]: /proc counts in
// ticks of 10 ms, so a short time may seem to hold more than it can.
double ForeignShare(const CpuSeconds& used, absl::Duration wall, int cores);

// Busy seconds in the content of /proc/stat, and a process's in that of /proc/<pid>/stat; null when
// it has another form. `ticks_per_second` is sysconf's _SC_CLK_TCK.
std::optional<double> ParseMachineCpu(absl::string_view text, double ticks_per_second);
std::optional<double> ParseProcessCpu(absl::string_view text, double ticks_per_second);

// Of this process so far, user and system.
double OwnCpuSeconds();

// Reads /proc. Immutable, thread-safe.
class CpuMeter {
 public:
  // `server_pid`: the server's process when it runs on this machine.
  explicit CpuMeter(std::optional<int> server_pid) : server_pid_(server_pid) {}

  // NotFound: there is no process `server_pid` (any more). Internal: /proc has another form.
  absl::StatusOr<CpuSeconds> Read() const;

 private:
  const std::optional<int> server_pid_;
};

// Cores that are online.
int CoreCount();

}  // namespace lookbook
