#include "models/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lookbook {

double LearningRate(const ScheduleRecipe& schedule, double base, int64_t step, int64_t total) {
  const int64_t warmup = std::llround(schedule.warmup * static_cast<double>(total));
  if (step < warmup) return base * static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (schedule.name == "constant") return base;
  const double done = static_cast<double>(step - warmup) /
                      static_cast<double>(std::max<int64_t>(total - warmup, 1));
  const double final_rate = std::min(kFinalLearningRate, base);
  return final_rate + (base - final_rate) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

double AverageDecay(double decay, int64_t update) {
  return std::min(decay, static_cast<double>(1 + update) / static_cast<double>(10 + update));
}

}  // namespace lookbook
