#include "models/dataset/image_cache.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "models/dataset/model_pixels.h"
#include "models/dataset/parallel.h"

namespace lookbook {
namespace {

constexpr int kMaxSide =
    8192;  // Far beyond any network's input; keeps the sizes below from overflow.

}  // namespace

ImageCache::ImageCache(int64_t count, int side)
    : count_(count), side_(side), bytes_(static_cast<size_t>(count) * side * side * 3) {
  pixels_ = bytes_.data();
}

ImageCache::ImageCache(int64_t count, int side, const uint8_t* pixels,
                       std::shared_ptr<const void> owner)
    : count_(count), side_(side), pixels_(pixels), owner_(std::move(owner)) {}

std::unique_ptr<ImageCache> ImageCache::View(int64_t count, int side, const uint8_t* pixels,
                                             std::shared_ptr<const void> owner) {
  return std::unique_ptr<ImageCache>(new ImageCache(count, side, pixels, std::move(owner)));
}

absl::Span<const uint8_t> ImageCache::pixels(int64_t index) const {
  const size_t bytes = static_cast<size_t>(side_) * side_ * 3;
  return absl::MakeConstSpan(pixels_ + index * bytes, bytes);
}

absl::StatusOr<std::unique_ptr<ImageCache>> ImageCache::Build(
    absl::Span<const ImageRecord> images, const PreprocessSpec& spec, int threads,
    const std::function<void(int64_t, int64_t)>& progress,
    std::vector<UnreadableImage>* unreadable) {
  if (spec.size < 1 || spec.size > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("image cache: size ", spec.size, " is not in 1 to ", kMaxSide));
  }
  std::unique_ptr<ImageCache> cache;
  LB_RETURN_IF_ERROR(CatchToStatus(
      absl::StrCat("image cache of ", images.size(), " images"), [&]() -> absl::Status {
        cache.reset(new ImageCache(static_cast<int64_t>(images.size()), spec.size));
        return absl::OkStatus();
      }));
  const size_t bytes = static_cast<size_t>(spec.size) * spec.size * 3;
  Mutex mutex;  // Guards *unreadable.
  const auto load = [&](int64_t i) -> absl::Status {
    const auto out = absl::MakeSpan(cache->bytes_.data() + i * bytes, bytes);
    const absl::Status status = ReadModelPixels(images[i].path, spec, out);
    if (status.ok() || unreadable == nullptr || absl::IsResourceExhausted(status)) return status;
    FillWithMean(spec, out);
    MutexLock lock(&mutex);
    unreadable->push_back({i, std::string(status.message())});
    return absl::OkStatus();
  };
  LB_RETURN_IF_ERROR(ParallelFor(cache->size(), {"image-cache", threads, progress}, load));
  if (unreadable != nullptr) {
    std::sort(unreadable->begin(), unreadable->end(),
              [](const UnreadableImage& a, const UnreadableImage& b) { return a.row < b.row; });
  }
  return cache;
}

}  // namespace lookbook
