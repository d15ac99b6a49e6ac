// Abseil's search for lock cycles, which Debian builds it with.
#pragma once

namespace lookbook {

// From now on no lock of gRPC pays for the search, and none that might have been a cycle ends the
// process. For programs that ship: the search is for those who write locks.
void StopLockChecks();

}  // namespace lookbook
