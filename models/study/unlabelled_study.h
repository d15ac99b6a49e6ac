// Pictures without labels, as a bundle's model sees them.
#pragma once

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/bundle.h"
#include "models/dataset/fashion_data.h"
#include "models/study/run_study.h"

namespace lookbook {

// kShownUnlabelled of `images` at even distances, with what the model predicts by the bundle's
// thresholds. One that cannot be read has its error; when none can, `problem` says so. `folder` is
// left to the caller. Cancelled: StopRequested(). ResourceExhausted: memory.
absl::StatusOr<UnlabelledStudy> StudyUnlabelled(const Bundle& bundle,
                                                absl::Span<const ImageRecord> images, int threads);

}  // namespace lookbook
