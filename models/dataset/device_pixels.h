// A set's pictures as bytes for the device that trains.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "models/dataset/image_cache.h"

namespace lookbook {

// Holds all of them there where they fit: a batch is then gathered by its row numbers and nothing
// of a picture crosses the bus again. Else each batch's bytes are copied. Immutable. Thread-safe.
class DevicePixels {
 public:
  // `cache` must outlive this. On a GPU at most `most_bytes` are taken; what does not fit, or what
  // the device has no room for after all, stays in memory. On the CPU nothing is copied; there
  // most_bytes = 0 means that batches are gathered picture by picture, as beside a GPU that is too
  // small.
  static std::shared_ptr<const DevicePixels> Create(const ImageCache& cache, torch::Device device,
                                                    int64_t most_bytes);

  // uint8[rows, S, S, 3] on the device. REQUIRES: rows of the cache. Throws c10::Error.
  torch::Tensor Gather(absl::Span<const int64_t> rows) const;

  bool resident() const { return all_.defined(); }
  // For people, in one line: "1200 pictures (56.3 MiB) lie on cuda".
  const std::string& placement() const { return placement_; }

 private:
  DevicePixels(const ImageCache& cache, torch::Device device) : cache_(cache), device_(device) {}
  void Upload();

  const ImageCache& cache_;
  const torch::Device device_;
  torch::Tensor all_;  // uint8[N, S · S · 3]; undefined: they stay in memory.
  std::string placement_;
};

// What `share` of the memory that is free on a device comes to, in bytes; on the CPU the largest
// number. Throws c10::Error.
int64_t ShareOfFreeMemory(torch::Device device, double share);

}  // namespace lookbook
