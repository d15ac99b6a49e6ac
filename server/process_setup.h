// Settings of the whole process that suit a server of several embed workers; docs/performance.md
// has the measurements.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace lookbook {

// The OpenMP variables that a server wants and `environment` does not set yet: one thread for each
// worker, and threads that sleep when idle. Spinning teams slow a search 15 to 25 times on a shared
// machine.
std::map<std::string, std::string> MissingOpenMpSettings(
    const std::map<std::string, std::string>& environment);

// libgomp reads its variables when it is loaded, before main(): when some are missing, sets them
// and starts this program again in the same process. Returns when nothing was missing, or when that
// failed (and was logged).
void ApplyOpenMpSettings(char** argv);

// Keeps large blocks in the heap: glibc otherwise maps and unmaps the model's activations at every
// call. False: the C library refused.
bool TuneAllocator();

// A peer or a log reader that goes away is an error code, never the end of the process.
void IgnoreBrokenPipes();

}  // namespace lookbook
