// A new bundle is first opened by another process: a file that crashes its reader, or eats all
// memory, ends that process and not the one that serves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lookbook {

struct BundleCheckOptions {
  std::string program = "/proc/self/exe";  // A lookbook-server: the very program that runs now.
  int max_batch = 8;
  absl::Duration time = absl::Minutes(2);
  int64_t memory_bytes = 0;  // Address space; 0 = DefaultCheckMemory() of the bundle's size.
  std::string public_keys;   // File of the keys that must have signed; empty = none need have.
};

// Says whether the bundle in a folder is good, as `lookbook-server --check-bundle` does. Once
// `stopped` says true it gives up. Or a double of it.
using BundleCheck =
    std::function<absl::Status(const std::string& directory, const std::function<bool()>& stopped)>;

// The address space for checking a bundle whose files have `bytes` together. The program and its
// libraries take 2 GiB of it; a loaded bundle takes its files' size, twice while it is made.
int64_t DefaultCheckMemory(int64_t bytes);

// Runs `options.program --check-bundle` and blocks until it has ended. It reads neither this
// process's configuration nor its environment's LOOKBOOK_* variables.
//
// DataLoss with the reason of the failing check (signature, manifest, checksum, format, golden); a
// bundle that crashes the program has the reason "format". ResourceExhausted: "memory", more
// address space was wanted, or "check_time", it took too long. Unavailable "io": a file could not
// be read. Cancelled: `stopped`. Internal: the program cannot be started, or is no lookbook-server.
absl::Status RunBundleCheck(const BundleCheckOptions& options, const std::string& directory,
                            const std::function<bool()>& stopped);

}  // namespace lookbook
