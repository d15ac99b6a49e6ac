// Another program, held to a time and to a few kilobytes of output.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lookbook {

struct ChildCommand {
  std::string program;                   // Path; "/proc/self/exe" is the program that runs now.
  std::vector<std::string> arguments;    // The first is the name that ps shows.
  std::vector<std::string> environment;  // NAME=value.
};

struct ChildBounds {
  absl::Duration time = absl::Minutes(2);  // Then it is killed.
  size_t output_bytes = 4096;              // What is kept of its output: the first of it.
  std::function<bool()> stopped;  // Asked every 50 ms; once true it is killed. May be null.
};

struct ChildEnd {
  enum class Kind { kExit, kSignal, kTime, kStopped };
  Kind kind = Kind::kExit;
  int code = 0;        // kExit: the exit code. kSignal: the signal's number.
  std::string output;  // Standard output and error together.
};

// Runs a program to its end, by posix_spawn: safe in a process of many threads. It gets no
// descriptor of this process but its own output, empty input, and signals as a fresh process has
// them. Blocks the calling thread.
//
// NotFound, PermissionDenied, …: it cannot be started. InvalidArgument: no arguments.
absl::StatusOr<ChildEnd> RunBounded(const ChildCommand& command, const ChildBounds& bounds);

}  // namespace lookbook
