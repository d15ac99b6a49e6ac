// Streams that one owner has alone.
#pragma once

#include <c10/cuda/CUDAStream.h>

#include <utility>

#include "absl/status/statusor.h"

namespace lookbook {

// A CUDA stream of torch's pools, 64 on each device, for the life of this object. Torch hands out
// those of its pools in turn, used or not; a graph recorded on a stream that another model serves
// on would void both. It is always the free one of the lowest number: torch keeps memory for each
// stream, and what a closed model leaves there serves the next.
class OwnStream {
 public:
  // ResourceExhausted: the device's pools are in use. Throws what torch throws. Thread-safe.
  static absl::StatusOr<OwnStream> Take(c10::DeviceIndex device);
  ~OwnStream();
  OwnStream(OwnStream&& other) noexcept
      : stream_(other.stream_), high_(other.high_), owned_(std::exchange(other.owned_, false)) {}
  OwnStream& operator=(OwnStream&&) = delete;

  const c10::cuda::CUDAStream& operator*() const { return stream_; }
  const c10::cuda::CUDAStream* operator->() const { return &stream_; }

 private:
  OwnStream(c10::cuda::CUDAStream stream, bool high) : stream_(stream), high_(high) {}

  c10::cuda::CUDAStream stream_;
  bool high_;  // Priority.
  bool owned_ = true;
};

}  // namespace lookbook
