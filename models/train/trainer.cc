#include "models/train/trainer.h"

#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/train/train_loop.h"

namespace lookbook {

absl::StatusOr<TrainResult> Train(const Recipe& recipe, const TrainingSet& set,
                                  const TrainOptions& options) {
  return CatchToStatus("train", [&]() -> absl::StatusOr<TrainResult> {
    TrainLoop loop(recipe, set, options);
    LB_RETURN_IF_ERROR(loop.Prepare());
    LB_RETURN_IF_ERROR(loop.Run());
    return loop.Finish();
  });
}

}  // namespace lookbook
