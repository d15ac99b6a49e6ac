// How much memory this process may have and has, and whether a second bundle fits into it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace lookbook {

// Bytes that processes here may still take before memory is short: what the kernel calls available,
// or less where a memory limit of this process's control group, or of one above it, leaves less.
// `root`: where /proc and /sys are; tests bring their own.
//
// Unavailable: /proc/meminfo cannot be read.
absl::StatusOr<int64_t> MemoryRoom(const std::string& root = "/");

// Bytes that this process can have at most: the machine's memory, or the least memory limit of its
// control group and those above it. Unavailable: /proc/meminfo cannot be read.
absl::StatusOr<int64_t> MemoryLimit(const std::string& root = "/");

// Bytes that this process has in memory. Unavailable: /proc/self/statm cannot be read.
absl::StatusOr<int64_t> ResidentMemory(const std::string& root = "/");

// What it takes at most to check and load a bundle whose files have `bytes` together. An upper
// bound of what was measured: docs/lifecycle.md has the figures.
int64_t MemoryToLoad(int64_t bytes);

}  // namespace lookbook
