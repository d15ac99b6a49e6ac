// What `train` prints of its steps and validations.
#pragma once

#include <string>

#include "models/train/history.h"
#include "models/train/trainer.h"

namespace lookbook {

// "loss 0.3120  800 images/s  std*sqrt(D) 0.62", the last of the latest batch that was looked at,
// and where that has triplets "  triplets 34.0 % active, 81 % right".
std::string StepText(const StepReport& report);

// Where the run stands and what it scores: "step 40  loss 0.3120  lr 1.00e-03  |g| 1.50  800
// images/s  validation: mAP 0.500  F1 0.400  nDCG@10 0.600  green  best".
std::string HistoryLine(const HistoryEntry& entry);

// Whether the embedding or the labels collapse: "std*sqrt(D) 0.62  cosine 0.40  uniformity -1.50
// alignment 0.55 of all pairs  rank 20.0 (centred 30.0)  hubs 1.8 %, skew 1.20  items 93 %  sets
// 45 %, commonest 12.0 %", and where the loss has triplets "  triplets 34.0 % active, 81 % right;
// validation 40.0 % active, 75 % right", where it turns pictures "  rotation 54 % right; validation
// 50 % right". What is not measured is "-".
std::string DiagnosticsLine(const HistoryEntry& entry);

}  // namespace lookbook
