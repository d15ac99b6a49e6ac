// golden/: a few images with what the trained module said of them. Written by the trainer, checked
// by every loader.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

inline constexpr int kGoldenTop = 5;

struct GoldenNeighbor {
  std::string item_id;
  float similarity = 0;
};

struct GoldenCase {
  std::string image_name;               // File in golden/, such as "0.jpg".
  std::string image;                    // Its bytes.
  std::vector<float> embedding;         // float32[D], unit length.
  std::vector<float> scores;            // float32[C], in the order of the manifest's classes.
  std::vector<float> attribute_scores;  // float32[A]; empty when the model has none.
  std::vector<GoldenNeighbor>
      top;  // The best kGoldenTop items of the index, or all of a smaller one; best first.
};

// Makes <bundle_directory>/golden/ with the images and golden.json. InvalidArgument: no case, an
// image name that is not safe or stands twice.
//
// What the cases must be to be worth anything: the embedding and scores of the *eager* module for
// the image file read through engine/image, and images that need every step of it, so files larger
// than the model's input times 2 * min_scale_factor (scaled decode), files with an EXIF
// orientation, and colours.
absl::Status WriteGolden(const std::string& bundle_directory, absl::Span<const GoldenCase> cases);

// Reads the cases from the contents of files by name ("golden/golden.json", "golden/0.jpg", …),
// such as VerifiedBundle::contents. DataLoss "golden": not of the form above, or shapes that
// `manifest` does not state.
absl::StatusOr<std::vector<GoldenCase>> ReadGolden(
    const std::map<std::string, std::string>& contents, const Manifest& manifest);

}  // namespace lookbook
