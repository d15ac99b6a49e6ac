// Every file of a set, looked at once: size, readable or not, perceptual hash.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace lookbook {

struct SurveyedImage {
  std::string id;
  std::string path;
  int part = 0;      // Whose meaning is the caller's.
  int64_t line = 0;  // In its CSV; 0 = it has none.
  int64_t bytes = 0;
  int width = 0;  // As stored in the file, before EXIF orientation; 0 = not readable.
  int height = 0;
  std::string error;  // Empty: readable.
  uint64_t hash = 0;  // Perceptual; of readable images, when asked for.

  int64_t pixels() const { return int64_t{width} * height; }
};

struct SurveyOptions {
  int threads = 1;
  // Also decode each picture, small, for its hash. Without it only headers are read: a picture
  // that is damaged further in is then not found out.
  bool hashes = true;
  std::function<void(int64_t done, int64_t total)> progress;
};

// Fills in all but id, path, part and line. A picture that cannot be read gets an `error`; it does
// not end the survey. The limits are those of the server and the trainer.
//
// InvalidArgument: threads < 1. ResourceExhausted: out of memory. Cancelled: StopRequested().
absl::Status SurveyImages(const SurveyOptions& options, std::vector<SurveyedImage>* images);

}  // namespace lookbook
