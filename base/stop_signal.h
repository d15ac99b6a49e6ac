// SIGINT and SIGTERM as something a program can ask about or wait for.
#pragma once

#include "absl/time/time.h"

namespace lookbook {

// From the first call on, the first SIGINT or SIGTERM only sets a flag; the
// second ends the process at once with 128 + its number. Idempotent.
void InstallStopSignals();

// Thread-safe and cheap: for a training loop to ask at every step.
bool StopRequested();

// Blocks until a signal came or `timeout` passed; returns StopRequested().
bool WaitForStop(absl::Duration timeout);

// As if a signal had come. Safe in a signal handler.
void RequestStop();

}  // namespace lookbook
