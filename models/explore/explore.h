// Looks at a labelled set from every side before anything is trained on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/dataset/data_issues.h"
#include "models/dataset/fashion_data.h"
#include "models/explore/image_sizes.h"
#include "models/explore/image_survey.h"
#include "models/explore/label_distribution.h"
#include "models/explore/label_pairs.h"
#include "models/explore/mask_samples.h"
#include "models/explore/near_duplicates.h"

namespace lookbook {

struct ExploreOptions {
  std::string root;
  std::string csv = "train.csv";            // Its images lie in the folder of that name.
  std::string holdout_csv = "holdout.csv";  // Another labelled part, where it is there.
  std::string unlabelled = "test";  // A folder of pictures without labels, where it is there.
  std::string split = "stratified 80/10/10";  // Whose parts near-duplicates must not join.
  int64_t seed = 7;                           // Of the split and the samples.
  int threads = 1;
  bool hashes = true;  // Decode every picture and look for near-duplicates.
  int extremes = 6;    // Smallest and largest pictures.
  int samples = 12;    // Pictures with masks.
  // `phase` is "labels", "pictures" or "copies".
  std::function<void(absl::string_view phase, int64_t done, int64_t total)> progress;
};

// A part of the set: of the split, "holdout", or "unlabelled".
struct ExploredPart {
  std::string name;
  bool labelled = true;
  int64_t images = 0;
  int64_t unreadable = 0;
};

struct ExploreTimes {
  double labels = 0;  // Seconds.
  double pairs = 0;
  double pictures = 0;
  double copies = 0;
};

struct Exploration {
  ExploreOptions options;
  FashionData data;  // Of options.csv.
  std::vector<ExploredPart> parts;
  std::vector<std::string> unlisted;  // Files in the images' folder that no usable row names.
  LabelDistribution labels;
  LabelPairs pairs;
  std::vector<SurveyedImage> images;  // data.images first, in their order; then the other parts.
  ImageSizes sizes;                   // Of all of them.
  NearDuplicates copies;              // Rows of `images`.
  std::vector<MaskSample> samples;
  std::vector<DataIssue> issues;  // Of the labels and of the pictures.
  ExploreTimes seconds;

  int64_t labelled() const;
  int64_t unlabelled() const;
  int64_t unreadable() const;
};

// Bad rows and pictures are noted in `issues` and do not end it. Besides those of ReadImaterialist:
// "unreadable image", "mask does not fit its image" (the CSV's Height × Width is not the file's,
// either way up), "unusable holdout".
//
// As ReadImaterialist and MakeSplit say of options.csv and options.split. Cancelled:
// StopRequested().
absl::StatusOr<Exploration> Explore(const ExploreOptions& options);

}  // namespace lookbook
