#include "engine/bundle/calibration.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/piecewise_linear.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"

namespace lookbook {
namespace {

using Calibration = bundle::v1::Calibration;

template <typename... Parts>
absl::Status Bad(const Parts&... message) {
  return BundleError("manifest", kManifestFile, ": calibration.", message...);
}

// NaN is in no range.
absl::Status CheckRange(absl::string_view field, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Bad(field, " ", value, " is not in ", low, " to ", high);
}

absl::Status CheckKnots(const Calibration& calibration) {
  if (calibration.knots().empty() || calibration.knots_size() > kMaxKnots) {
    return Bad("knots: there are ", calibration.knots_size(), ", not 1 to ", kMaxKnots);
  }
  const Calibration::Knot* last = nullptr;
  for (const Calibration::Knot& knot : calibration.knots()) {
    LB_RETURN_IF_ERROR(CheckRange("knots: similarity", knot.similarity(), -1, 1));
    LB_RETURN_IF_ERROR(CheckRange("knots: probability", knot.probability(), 0, 1));
    if (last != nullptr && knot.similarity() <= last->similarity()) {
      return Bad("knots: similarity ", knot.similarity(), " follows ", last->similarity(),
                 "; it must rise");
    }
    if (last != nullptr && knot.probability() < last->probability()) {
      return Bad("knots: probability ", knot.probability(), " follows ", last->probability(),
                 "; it must not fall");
    }
    last = &knot;
  }
  return absl::OkStatus();
}

absl::Status CheckHistogram(const Calibration& calibration) {
  const Calibration::Histogram& histogram = calibration.top1_similarity();
  const int bounds = histogram.upper_bounds_size();
  if (bounds > kMaxHistogramBounds || histogram.counts_size() != bounds + 1) {
    return Bad("top1_similarity has ", bounds, " bounds and ", histogram.counts_size(),
               " counts, not at most ", kMaxHistogramBounds, " and one more");
  }
  double last = -std::numeric_limits<double>::infinity();
  for (const double bound : histogram.upper_bounds()) {
    if (!std::isfinite(bound) || bound <= last) {
      return Bad("top1_similarity: bound ", bound, " follows ", last, "; bounds must rise");
    }
    last = bound;
  }
  uint64_t queries = 0;
  for (const uint64_t count : histogram.counts()) {
    if (count > calibration.queries() - queries) {
      return Bad("top1_similarity counts more than the ", calibration.queries(), " queries");
    }
    queries += count;
  }
  if (queries == calibration.queries()) return absl::OkStatus();
  return Bad("top1_similarity counts ", queries, " queries, not ", calibration.queries());
}

absl::Status CheckShares(const Manifest& manifest) {
  const auto& shares = manifest.calibration().predicted_share();
  if (shares.size() != manifest.classes_size()) {
    return Bad("predicted_share has ", shares.size(), " values for ", manifest.classes_size(),
               " classes");
  }
  for (const double share : shares) {
    LB_RETURN_IF_ERROR(CheckRange("predicted_share", share, 0, 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCalibration(const Manifest& manifest) {
  if (!manifest.has_calibration()) return absl::OkStatus();
  const Calibration& calibration = manifest.calibration();
  if (calibration.source().empty()) return Bad("source is empty");
  if (calibration.queries() == 0) return Bad("queries is 0");
  if (calibration.pairs() == 0) return Bad("pairs is 0");
  LB_RETURN_IF_ERROR(CheckKnots(calibration));
  LB_RETURN_IF_ERROR(CheckRange("ece_before", calibration.ece_before(), 0, 1));
  LB_RETURN_IF_ERROR(CheckRange("ece_after", calibration.ece_after(), 0, 1));
  LB_RETURN_IF_ERROR(CheckRange("novelty_similarity", calibration.novelty_similarity(), -1, 1));
  LB_RETURN_IF_ERROR(CheckHistogram(calibration));
  return CheckShares(manifest);
}

std::optional<float> RelevanceProbability(const Manifest& manifest, float similarity) {
  if (!manifest.has_calibration()) return std::nullopt;
  const auto& knots = manifest.calibration().knots();
  return static_cast<float>(PiecewiseLinear(
      knots.begin(), knots.end(), similarity, [](const auto& knot) { return knot.similarity(); },
      [](const auto& knot) { return knot.probability(); }));
}

std::optional<float> NoveltyBound(const Manifest& manifest) {
  if (!manifest.has_calibration()) return std::nullopt;
  return manifest.calibration().novelty_similarity();
}

std::optional<double> BaselineShare(const Manifest& manifest, double bound) {
  if (!manifest.has_calibration()) return std::nullopt;
  const Calibration::Histogram& histogram = manifest.calibration().top1_similarity();
  uint64_t up_to = 0;
  for (int i = 0; i < histogram.upper_bounds_size(); ++i) {
    up_to += histogram.counts(i);
    if (histogram.upper_bounds(i) == bound) {
      return static_cast<double>(up_to) / static_cast<double>(manifest.calibration().queries());
    }
  }
  return std::nullopt;
}

}  // namespace lookbook
