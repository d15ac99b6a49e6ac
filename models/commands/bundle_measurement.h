// A published bundle on a labelled set, for the commands that measure and compare.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/bundle/bundle.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/bundle_evaluator.h"
#include "models/evaluate/comparison.h"

namespace lookbook {

// The bundle in `directory`, or the one that a bundle root's CURRENT names. Its model then uses one
// numeric thread a caller: images are shared out among threads.
absl::StatusOr<std::shared_ptr<const Bundle>> OpenBundleOrRoot(const std::string& directory);

// The thresholds that the bundle's calibration tuned, one a class; empty without a calibration.
std::vector<float> TunedThresholds(const Manifest& manifest);

// Those of `images` that are items of the bundle's index, by id: a bundle is trained on its items.
struct TrainedOn {
  int64_t images = 0;
  std::string first;  // An id; "" = there is none.
};
TrainedOn ImagesTrainedOn(const Bundle& bundle, const std::vector<ImageRecord>& images);

// Evaluates it with all cores and a progress line, with `gallery` also against the items of its own
// index; names on standard error what cannot be read, and says there how many of the pictures the
// bundle was trained on.
absl::StatusOr<ModelEvaluation> MeasureBundle(const Bundle& bundle, const FashionData& data,
                                              const std::string& split, bool gallery);

// What CompareRuns and IntervalsOf take of an evaluation. `name`: for people.
RunOutputs OutputsOf(const std::string& name, ModelEvaluation evaluation);

// The labelled set `csv` of `root`, whose pictures lie in `images`; "" = the CSV's name without
// ".csv". Prints what the reader found odd.
absl::StatusOr<FashionData> ReadSet(const std::string& root, const std::string& csv,
                                    const std::string& images);

// Leaves the test part of a run's split.json in `data`, whose training part must not judge it.
// Errors of SplitFromJson, with the file's name; InvalidArgument: there is no test part.
absl::Status KeepTestPart(const std::string& split_file, FashionData* data);

}  // namespace lookbook
