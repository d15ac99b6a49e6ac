// The decoded and resized pictures of a set as one file, so that the next start reads instead of
// decodes.
//
//   bytes 0 to 4095   JSON, ended by a line feed and filled up with spaces: format, key, images,
//                     side, trailer_bytes, sha256 of everything behind it
//   then              images × side × side × 3 bytes, as ImageCache has them
//   then              JSON: {"unreadable": [{"row", "why"} of the images that hold the mean
//   colour]}
//
// The key is PixelsKey(). The file is written under another name, synced and renamed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"

namespace lookbook {

// What decides the pixels of a set: the labels' file, every picture's name, size and time of
// change, and how pixels are made. SHA-256 in hex.
std::string PixelsKey(const FashionData& data, const PreprocessSpec& spec);

// Which pictures they are, without reading them: every one's name, size and time of change. SHA-256
// in hex. Files that were copied without their times, or touched, are others by this.
std::string PicturesKey(absl::Span<const ImageRecord> images);

struct PreparedFile {
  std::string path;
  std::string key;  // PixelsKey.
};

// "<folder>/train-128-squish.images" for "train.csv", and the key of `data` under `spec`.
PreparedFile PreparedFileFor(const std::string& folder, const std::string& csv,
                             const FashionData& data, const PreprocessSpec& spec);

struct PreparedImages {
  std::unique_ptr<ImageCache> cache;
  std::vector<UnreadableImage> unreadable;  // Ascending rows.
  bool made = false;                        // False: found.
};

struct PrepareOptions {
  int threads = 1;
  std::function<void(int64_t done, int64_t total)> progress;
  // Told why an existing file is not used, in one line.
  std::function<void(absl::string_view why)> note;
};

// Decodes in pieces: memory does not grow with the set.
// InvalidArgument: spec.size or threads is out of range. Unavailable: the file cannot be written.
// ResourceExhausted: out of memory. Cancelled: StopRequested(). What was there stays on failure.
absl::Status WritePreparedImages(const PreparedFile& file, absl::Span<const ImageRecord> images,
                                 const PreprocessSpec& spec, const PrepareOptions& options);

// Maps the file and checks all of it.
// NotFound: no such file. FailedPrecondition: it is of other data, another size or another version.
// DataLoss: it is cut or damaged.
absl::StatusOr<PreparedImages> OpenPreparedImages(const PreparedFile& file, int64_t images,
                                                  int side);

// Opens the file, or makes it where it is missing, stale or damaged, and opens that.
absl::StatusOr<PreparedImages> OpenOrPrepareImages(const PreparedFile& file,
                                                   absl::Span<const ImageRecord> images,
                                                   const PreprocessSpec& spec,
                                                   const PrepareOptions& options);

}  // namespace lookbook
