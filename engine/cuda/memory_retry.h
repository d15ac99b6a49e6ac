// What lack of memory on a device means.
#pragma once

#include <c10/cuda/CUDACachingAllocator.h>

#include <mutex>
#include <shared_mutex>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/cuda/capture_gate.h"
#include "engine/cuda/counters.h"
#include "engine/cuda/device_error.h"

namespace lookbook {

inline bool IsOutOfMemory(const absl::Status& status) { return absl::IsResourceExhausted(status); }
template <typename T>
bool IsOutOfMemory(const absl::StatusOr<T>& result) {
  return IsOutOfMemory(result.status());
}

// Runs `fn`, which returns a Status or StatusOr and does CUDA work, with CatchDeviceErrors(); where
// that is ResourceExhausted, once more after what torch keeps for later has been given back,
// counted.
template <typename Fn>
std::invoke_result_t<Fn> RetryWithEmptiedCache(absl::string_view what, DeviceCounters& counters,
                                               DeviceHealth& health, const Fn& fn) {
  std::invoke_result_t<Fn> result = CatchDeviceErrors(what, health, fn);
  if (!IsOutOfMemory(result)) return result;
  counters.Count(Fallback::kMemory);
  const absl::Status emptied = CatchDeviceErrors(what, health, [] {
    const std::shared_lock<std::shared_mutex> lock(CaptureGate());
    c10::cuda::CUDACachingAllocator::emptyCache();
    return absl::OkStatus();
  });
  if (!emptied.ok()) return emptied;
  return CatchDeviceErrors(what, health, fn);
}

}  // namespace lookbook
