#include "models/dataset/device_pixels.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <vector>

#include "absl/strings/str_format.h"
#include "models/dataset/device_copy.h"

namespace lookbook {
namespace {

constexpr int64_t kUploadRows = 1024;  // At once: pinned memory of a bounded size.

double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

int64_t BytesOf(const ImageCache& cache) { return int64_t{3} * cache.side() * cache.side(); }

// Rows of the cache as a tensor that owns nothing.
torch::Tensor View(const ImageCache& cache, int64_t first, int64_t count) {
  // torch reads through a non-const pointer type; nothing here writes.
  return torch::from_blob(const_cast<uint8_t*>(cache.pixels(first).data()), {count, BytesOf(cache)},
                          torch::kUInt8);
}

}  // namespace

int64_t ShareOfFreeMemory(torch::Device device, double share) {
  if (device.is_cpu()) return std::numeric_limits<int64_t>::max();
  const auto [free, total] =
      c10::getDeviceAllocator(device.type())->getMemoryInfo(std::max<int>(device.index(), 0));
  return static_cast<int64_t>(share * static_cast<double>(free));
}

std::shared_ptr<const DevicePixels> DevicePixels::Create(const ImageCache& cache,
                                                         torch::Device device, int64_t most_bytes) {
  std::shared_ptr<DevicePixels> out(new DevicePixels(cache, device));
  const int64_t bytes = cache.size() * BytesOf(cache);
  std::string why;
  if (bytes > most_bytes) {
    why = absl::StrFormat("at most %.1f MiB are for them", Mebibytes(most_bytes));
  } else {
    try {
      out->Upload();
    } catch (const std::exception&) {  // Others took the memory in between.
      out->all_ = torch::Tensor();
      why = "the device has no room for them";
    }
  }
  out->placement_ = absl::StrFormat(
      "%d pictures (%.1f MiB) %s %s%s", cache.size(), Mebibytes(bytes),
      out->resident() ? "lie on" : "stay in memory and are copied batch by batch to", device.str(),
      why.empty() ? "" : ": " + why);
  return out;
}

void DevicePixels::Upload() {
  if (device_.is_cpu()) {
    all_ = View(cache_, 0, cache_.size());
    return;
  }
  all_ = torch::empty({cache_.size(), BytesOf(cache_)},
                      torch::TensorOptions().dtype(torch::kUInt8).device(device_));
  for (int64_t first = 0; first < cache_.size(); first += kUploadRows) {
    const int64_t count = std::min(kUploadRows, cache_.size() - first);
    all_.narrow(0, first, count).copy_(View(cache_, first, count));
  }
}

torch::Tensor DevicePixels::Gather(absl::Span<const int64_t> rows) const {
  const int64_t side = cache_.side();
  const auto count = static_cast<int64_t>(rows.size());
  torch::Tensor out;
  if (resident()) {
    const std::vector<int64_t> list(rows.begin(), rows.end());
    out = all_.index_select(0, CopyTo(torch::tensor(list, torch::kInt64), device_));
  } else {
    torch::Tensor bytes = torch::empty({count, BytesOf(cache_)}, torch::kUInt8);
    for (int64_t i = 0; i < count; ++i) {
      const absl::Span<const uint8_t> pixels = cache_.pixels(rows[i]);
      std::memcpy(bytes.data_ptr<uint8_t>() + i * BytesOf(cache_), pixels.data(), pixels.size());
    }
    out = CopyTo(bytes, device_);
  }
  return out.view({count, side, side, 3});
}

}  // namespace lookbook
