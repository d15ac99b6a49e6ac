#include "models/dataset/image_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/files.h"
#include "base/mutex.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/decode.h"
#include "models/dataset/parallel.h"

namespace lookbook {
namespace {

constexpr int kMaxSide =
    8192;  // Far beyond any network's input; keeps the sizes below from overflow.

absl::StatusOr<Image> LoadImage(const std::string& path, const PreprocessSpec& spec) {
  DecodeOptions options;
  options.min_short_side = spec.MinDecodedSide();
  options.apply_orientation = spec.orientation;
  LB_ASSIGN_OR_RETURN(const uint64_t size, FileSize(path));
  if (size > options.limits.max_bytes) {
    return InvalidArgument(
        "image_too_large",
        absl::StrCat(path, ": ", size, " bytes are more than ", options.limits.max_bytes));
  }
  LB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LB_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, options));
  return ResizeForModel(decoded.image, spec);
}

void FillWithMean(const PreprocessSpec& spec, uint8_t* out) {
  for (int64_t i = 0; i < int64_t{spec.size} * spec.size; ++i) {
    for (float mean : spec.mean)
      *out++ = static_cast<uint8_t>(std::lround(255 * std::clamp(mean, 0.f, 1.f)));
  }
}

absl::Status NameFile(const absl::Status& status, const std::string& path) {
  if (absl::StrContains(status.message(), path)) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

ImageCache::ImageCache(int64_t count, int side)
    : count_(count), side_(side), bytes_(static_cast<size_t>(count) * side * side * 3) {}

absl::Span<const uint8_t> ImageCache::pixels(int64_t index) const {
  const size_t bytes = static_cast<size_t>(side_) * side_ * 3;
  return absl::MakeConstSpan(bytes_).subspan(index * bytes, bytes);
}

absl::StatusOr<std::unique_ptr<ImageCache>> ImageCache::Build(
    absl::Span<const ImageRecord> images, const PreprocessSpec& spec, int threads,
    const std::function<void(int64_t, int64_t)>& progress, std::vector<int64_t>* unreadable) {
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
    uint8_t* out = cache->bytes_.data() + i * bytes;
    const absl::StatusOr<Image> image = LoadImage(images[i].path, spec);
    if (image.ok()) {
      std::memcpy(out, image->rgb.data(), bytes);
      return absl::OkStatus();
    }
    if (unreadable == nullptr || absl::IsResourceExhausted(image.status())) {
      return NameFile(image.status(), images[i].path);
    }
    FillWithMean(spec, out);
    MutexLock lock(&mutex);
    unreadable->push_back(i);
    return absl::OkStatus();
  };
  LB_RETURN_IF_ERROR(ParallelFor(cache->size(), {"image-cache", threads, progress}, load));
  if (unreadable != nullptr) std::sort(unreadable->begin(), unreadable->end());
  return cache;
}

}  // namespace lookbook
