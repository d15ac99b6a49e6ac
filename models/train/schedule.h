// Learning rate and averaging decay as functions of the step.
#pragma once

#include <cstdint>

#include "models/recipe/recipe.h"

namespace lookbook {

inline constexpr double kFinalLearningRate = 1e-6;

// The rate of step `step` (from 0) of `total`. "warmup_cosine": linear from base / w to base over
// the first w = warmup * total steps (rounded), then a half cosine to kFinalLearningRate, which
// step `total` would reach. "constant": the warm-up, then base.
double LearningRate(const ScheduleRecipe& schedule, double base, int64_t step, int64_t total);

// min(decay, (1 + update) / (10 + update)): a young average forgets its random start quickly.
double AverageDecay(double decay, int64_t update);

}  // namespace lookbook
