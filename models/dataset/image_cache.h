// Every image of a set, decoded and resized once: uint8 RGB of size × size in memory, or mapped
// from a file (prepared_images.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"

namespace lookbook {

// An image that cannot be read.
struct UnreadableImage {
  int64_t row = 0;  // Among the images given.
  std::string why;  // "PATH: reason".
};

// Immutable after Build. Thread-safe.
class ImageCache {
 public:
  // Decodes with `threads` threads through DecodeImage and ResizeForModel: the very pixels the
  // server sees. `progress(done, total)` is called from the calling thread now and then. The first
  // unreadable image fails the whole build, unless `unreadable` is given: then it is noted there,
  // in ascending order, and its pixels are the mean colour.
  //
  // InvalidArgument: spec.size is not in 1 to 8192, threads < 1, or as DecodeImage says, with the
  // file's path. NotFound, Unavailable: a file is missing or cannot be read. ResourceExhausted: out
  // of memory. Cancelled: StopRequested().
  static absl::StatusOr<std::unique_ptr<ImageCache>> Build(
      absl::Span<const ImageRecord> images, const PreprocessSpec& spec, int threads,
      const std::function<void(int64_t, int64_t)>& progress,
      std::vector<UnreadableImage>* unreadable = nullptr);

  // A cache of pixels that `owner` keeps alive: count × side × side × 3 bytes.
  static std::unique_ptr<ImageCache> View(int64_t count, int side, const uint8_t* pixels,
                                          std::shared_ptr<const void> owner);

  int64_t size() const { return count_; }
  int side() const { return side_; }
  // side × side × 3 bytes, row-major RGB.
  absl::Span<const uint8_t> pixels(int64_t index) const;

 private:
  ImageCache(int64_t count, int side);
  ImageCache(int64_t count, int side, const uint8_t* pixels, std::shared_ptr<const void> owner);

  const int64_t count_;
  const int side_;
  std::vector<uint8_t> bytes_;       // Empty in a view.
  const uint8_t* pixels_ = nullptr;  // Of bytes_ or of *owner_.
  std::shared_ptr<const void> owner_;
};

}  // namespace lookbook
