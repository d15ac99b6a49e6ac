// A calibration block for tests, of round numbers.
#pragma once

#include "engine/bundle/manifest.h"

namespace lookbook {

// 100 queries. P(relevant): 0 up to similarity 0, then straight to 0.5 at 0.5 and to 1 at 1.
// Novel below 0.25.
inline bundle::v1::Calibration MakeTestCalibration(int classes) {
  bundle::v1::Calibration calibration;
  calibration.set_source("validation");
  calibration.set_queries(100);
  calibration.set_pairs(20000);
  for (const float at : {0.0F, 0.5F, 1.0F}) {
    auto* knot = calibration.add_knots();
    knot->set_similarity(at);
    knot->set_probability(at);
  }
  calibration.set_ece_before(0.25);
  calibration.set_ece_after(0.0625);
  calibration.set_novelty_similarity(0.25F);
  for (const double bound : {0.5, 0.9, 1.0})
    calibration.mutable_top1_similarity()->add_upper_bounds(bound);
  for (const uint64_t count : {10, 30, 60, 0})
    calibration.mutable_top1_similarity()->add_counts(count);
  for (int i = 0; i < classes; ++i) calibration.add_predicted_share(0.125);
  return calibration;
}

}  // namespace lookbook
