// What a loss comes to where the network says the same of every image, and how long it has been
// there: a loss that sits on its landmark is not learning.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/recipe/loss_recipe.h"

namespace lookbook {

// The loss of a constant map over a batch of `batch_size` images: a hinge its margin, softplus
// ln 2, SupCon log(B - 1), NT-Xent log(2B - 1), DCL log(2B - 2). Nothing where that value says
// nothing: it is 0, which a learned task comes to as well (margin 0, miners that find no triplet
// there); it depends on the batch's labels (classification, graded); or a constant map is no
// minimum (angular, VICReg).
std::optional<double> ConstantMapLoss(const LossRecipe& loss, int batch_size);

// Whether `loss` is within 1 % of `landmark`.
bool OnLandmark(double loss, double landmark);

// By loss, where a stage's terms have one.
using Landmarks = std::map<std::string, double>;
Landmarks LandmarksOf(const std::vector<LossRecipe>& losses, int batch_size);

// Takes in one step's terms, unweighted, under their losses' names. `steps`: by loss, how many
// steps in a row it has been on its landmark.
void NoteLandmarks(const Landmarks& landmarks, const std::map<std::string, double>& terms,
                   std::map<std::string, int64_t>* steps);

}  // namespace lookbook
