// Rotation prediction: which way up is the picture?
#pragma once

#include <torch/types.h>

namespace lookbook {

// Turns image i by quarter_turns[i] quarter turns counter-clockwise, as torch::rot90 over height
// and width. images: [B, C, S, S], any type; quarter_turns: int64[B] of 0 to 3. Throws c10::Error
// for other shapes or turns.
torch::Tensor RotateQuarterTurns(const torch::Tensor& images, const torch::Tensor& quarter_turns);

// Cross-entropy over the four turns, the mean over the batch. logits: float[B, 4];
// quarter_turns: int64[B] of 0 to 3. Throws c10::Error for other shapes.
// Gidaris et al. 2018, Unsupervised Representation Learning by Predicting Image Rotations,
// arXiv 1803.07728.
torch::Tensor RotationLoss(const torch::Tensor& logits, const torch::Tensor& quarter_turns);

}  // namespace lookbook
