// Settings of the whole process that suit a server of several embed workers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace lookbook {

// The OpenMP variables that a server wants and `environment` does not set yet: one thread for each
// worker, and threads that sleep when idle. FAISS 1.7.3's flat search over 100,000 x 512 in batches
// of 20, with OpenBLAS on 2 x86 cores: 45 ms with one thread, 720 to 1,168 ms with a team of two
// that spins, 74 ms with one that sleeps.
std::map<std::string, std::string> MissingOpenMpSettings(
    const std::map<std::string, std::string>& environment);

// libgomp reads its variables when it is loaded, before main(): when some are missing, sets them
// and starts this program again in the same process. Returns when nothing was missing, or when that
// failed (and was logged).
void ApplyOpenMpSettings(char** argv);

// Keeps large blocks in the heap: glibc otherwise maps and unmaps the model's activations at every
// call. False: the C library refused.
bool TuneAllocator();

struct ProcessBounds {
  int64_t address_bytes = 0;  // Of address space; 0 = no limit.
  int64_t data_bytes = 0;  // Of memory that it may write to, shared mappings aside; 0 = no limit.
  absl::Duration time = absl::InfiniteDuration();
};

// From now on this process keeps to `bounds`, ends by SIGALRM after their time, gives way to others
// on busy cores, is the first that the kernel ends when memory is short, and leaves no core file.
// For a process whose work may go wrong.
void BoundThisProcess(const ProcessBounds& bounds);

// Lets this process have `wanted` descriptors open at once, as far as the system's hard limit goes.
// Never lowers what it may have. Returns how many it may have now.
int64_t RaiseDescriptorLimit(int64_t wanted);

// A peer or a log reader that goes away is an error code, never the end of the process.
void IgnoreBrokenPipes();

}  // namespace lookbook
