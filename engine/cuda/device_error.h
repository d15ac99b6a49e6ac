// Which CUDA errors a process gets over, and which it does not.
#pragma once

#include <atomic>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "engine/embed/torch_error.h"

namespace lookbook {

// True for errors after which every later CUDA call of the process fails too: illegal addresses and
// instructions, a lost device, an uncorrectable memory error. False for "out of memory" and for
// what is wrong with a call alone.
bool IsStickyCudaError(int cuda_error);

// Remembers the first such error. Thread-safe.
class DeviceHealth {
 public:
  // `devices`: numbers of those that are in use.
  explicit DeviceHealth(std::vector<int> devices) : devices_(std::move(devices)) {}

  // OK, or Unavailable with reason device_lost.
  absl::Status status() const;

  // What `error`, caught around CUDA work, means: Unavailable with reason device_lost when the
  // device is gone, else as TorchErrorToStatus(); ResourceExhausted for FAISS's words, too. Asks
  // CUDA for its last error, so call it on the thread that caught; waits for what runs on any of
  // the devices.
  absl::Status Judge(absl::string_view what, const std::exception& error);

  // The same without an exception: `cuda_error` of a call that failed.
  void Note(absl::string_view what, int cuda_error, absl::string_view message);

 private:
  int StickyError() const;  // Of any of the devices; 0: none.

  const std::vector<int> devices_;
  std::atomic<bool> lost_ = false;
  mutable Mutex mutex_;
  absl::Status first_ ABSL_GUARDED_BY(mutex_);
};

// Runs `fn`, which returns a Status or StatusOr and does CUDA work.
template <typename Fn>
std::invoke_result_t<Fn> CatchDeviceErrors(absl::string_view what, DeviceHealth& health,
                                           Fn&& fn) noexcept {
  return CatchToStatus(what, [&]() -> std::invoke_result_t<Fn> {
    if (absl::Status status = health.status(); !status.ok()) return status;
    try {
      return std::forward<Fn>(fn)();
    } catch (const std::exception& error) {
      return health.Judge(what, error);
    }
  });
}

}  // namespace lookbook
