// Runs code in a child process, sees every system call it makes on files, and kills the process at
// one of them, makes one of them fail or a write fall short: every crash point and every I/O error
// of that code, one after the other, with no hook in it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

struct TracedCall {
  std::string name;    // "openat", "write", "fsync", "rename", …
  std::string path;    // What it works on; of rename, the old name.
  std::string target;  // Of rename: the new name.
};

// What befalls call number `at` (from 0) among those on paths that begin with the traced prefix.
struct Fault {
  int at = -1;    // -1: nothing happens.
  int error = 0;  // The call is not made and fails with this errno; 0: the process is killed before
                  // the call.
  bool shorten = false;  // Instead: a write or pwrite writes but half of its bytes, and says so.
};

struct TraceResult {
  std::vector<TracedCall> calls;  // Up to and with the faulted one.
  bool fault_reached = false;
  int exit_code = -1;  // What `body` returned; -1 when it was killed.
};

// False where ptrace is not allowed, or the machine is not x86-64 Linux: such tests are skipped.
bool CanTrace();

// Calls `body` in a forked child; its return value becomes the exit code.
// REQUIRES: the calling process has one thread.
absl::StatusOr<TraceResult> RunTraced(const std::string& path_prefix, const Fault& fault,
                                      const std::function<int()>& body);

}  // namespace lookbook
