#include "engine/cuda/own_stream.h"

#include <cstddef>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"

namespace lookbook {
namespace {

constexpr size_t kPoolSize = 32;  // Torch's, of each device and priority; c10/cuda/CUDAStream.h.

struct Pools {
  struct Entry {
    c10::cuda::CUDAStream stream;
    bool used = false;
  };
  // By "of high priority" and number: those are the last resort.
  using Streams = std::map<std::pair<bool, c10::StreamId>, Entry>;
  Mutex mutex;
  std::map<c10::DeviceIndex, Streams> devices ABSL_GUARDED_BY(mutex);
};

Pools& AllPools() {
  static Pools* const pools = new Pools();
  return *pools;
}

}  // namespace

absl::StatusOr<OwnStream> OwnStream::Take(c10::DeviceIndex device) {
  Pools& pools = AllPools();
  MutexLock lock(&pools.mutex);
  Pools::Streams& streams = pools.devices[device];
  for (size_t i = 0; streams.empty() || i < kPoolSize; ++i) {
    for (const bool high : {false, true}) {
      if (streams.size() == 2 * kPoolSize) break;
      const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool(high, device);
      streams.try_emplace({high, stream.id()}, Pools::Entry{stream});
    }
  }
  for (auto& [number, entry] : streams) {
    if (entry.used) continue;
    entry.used = true;
    return OwnStream(entry.stream, number.first);
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("all ", streams.size(), " streams of CUDA device ", static_cast<int>(device),
                   " are in use: fewer bundles, or a smaller cuda.streams"));
}

OwnStream::~OwnStream() {
  if (!owned_) return;
  Pools& pools = AllPools();
  MutexLock lock(&pools.mutex);
  pools.devices[stream_.device_index()].at({high_, stream_.id()}).used = false;
}

}  // namespace lookbook
