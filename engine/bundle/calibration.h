// What a bundle's calibration block says of one similarity.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

inline constexpr int kMaxKnots = 64;
inline constexpr int kMaxHistogramBounds = 64;

// DataLoss "manifest", the field named, when the block is there and breaks a rule of
// docs/bundle_format.md. ParseManifest calls it.
absl::Status CheckCalibration(const Manifest& manifest);

// P(the item is relevant | its similarity to the query): relevant = the Jaccard overlap of their
// labels is at least 0.5. Nothing when the bundle is not calibrated.
// REQUIRES: `manifest` passed CheckCalibration; `similarity` is not NaN.
std::optional<float> RelevanceProbability(const Manifest& manifest, float similarity);

// The least similarity that the best item of a familiar query has; below it a query is novel.
std::optional<float> NoveltyBound(const Manifest& manifest);

// Share of the calibration's queries whose best item was at most `bound` similar. Nothing when the
// bundle is not calibrated, or its histogram has no such bound.
std::optional<double> BaselineShare(const Manifest& manifest, double bound);

}  // namespace lookbook
