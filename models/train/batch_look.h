// A look at one training batch, between two validations.
#pragma once

#include <cstdint>
#include <optional>

#include "models/train/objective.h"

namespace lookbook {

struct BatchLook {
  int64_t step = 0;       // Of the run, from 1. 0: nothing was looked at yet.
  double std_sqrt_d = 0;  // mean_j std(z_j) * sqrt(D) of the batch's embeddings.
  // Of the batch's triplets; not there where it has none.
  std::optional<double> triplet_active;
  std::optional<double> triplet_accuracy;
};

// Waits for the device that `value` lies on.
BatchLook LookAtBatch(int64_t step, const ObjectiveValue& value);

}  // namespace lookbook
