// A labelled fashion set made from single garments, in iMaterialist's 2020 form: what the demo and
// the tests train on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/dataset/label_statistics.h"

namespace lookbook {

enum class SynthStyle {
  kOutfits,  // Several tinted garments a picture (outfit.h).
  kSingle,   // One, tinted and nearly as large as the picture: to pretrain a backbone on.
  kPlain,    // Fashion-MNIST as it is: garment i of each file is picture i; no attributes.
};

struct SynthOptions {
  std::string output;  // Folder; made when it is not there.
  SynthStyle style = SynthStyle::kOutfits;
  int64_t train = 8000;      // Pictures in train/ and train.csv.
  int64_t holdout = 2000;    // In holdout/ and holdout.csv.
  int64_t unlabelled = 200;  // In test/, without a CSV.
  int size = 64;             // Side in pixels, 28 to 512.
  int garments = 0;  // Per picture; 0 = as outfits come (outfit.h), else exactly this many, 1 to 9.
  int64_t seed = 7;
  int jpeg_quality = 90;
  int threads = 2;
  // Fashion-MNIST's four files, gzipped or not.
  std::string garment_source = "/usr/share/datasets/fashion-mnist";
  // Called from the calling thread; `part` is "train", "holdout" or "test".
  std::function<void(absl::string_view part, int64_t done, int64_t total)> progress;
};

// 120 + 40 + 10 pictures: seconds of work for a test, with every class in both parts.
SynthOptions TinySynthOptions(std::string output);

struct SynthSummary {
  int64_t pictures = 0;
  int64_t garments = 0;  // Rows of both CSVs.
  LabelStatistics train;
  LabelStatistics holdout;
};

// Writes train/, holdout/, test/ (JPEG), label_descriptions.json, then train.csv and holdout.csv
// with the true masks of what is visible; synth.json says how it was made. Garments of holdout/ and
// test/ come from another file than those of train/. The same options give the same bytes, whatever
// `threads` is.
//
// kPlain gives at most the 60,000 and 10,000 garments there are.
// A folder that holds an earlier output of this function is replaced. FailedPrecondition: it holds
// something else. InvalidArgument: an option is out of range. NotFound: a garment file is missing.
// Cancelled: StopRequested(); what was written stays, without the CSVs.
absl::StatusOr<SynthSummary> SynthesizeOutfits(const SynthOptions& options);

}  // namespace lookbook
