#include "models/train/loss_landmark.h"

#include <cmath>

namespace lookbook {
namespace {

constexpr double kTolerance = 0.01;  // Of the landmark.

std::optional<double> TripletLandmark(const TripletRecipe& recipe) {
  const bool finds_some = recipe.miner == "batch_all" || recipe.miner == "batch_hard";
  if (!finds_some) return std::nullopt;
  if (recipe.soft) return std::log(2.0);
  return recipe.margin > 0 ? std::optional<double>(recipe.margin) : std::nullopt;
}

}  // namespace

std::optional<double> ConstantMapLoss(const LossRecipe& loss, int batch_size) {
  const double images = batch_size;
  if (loss.name == "triplet") return TripletLandmark(loss.triplet);
  if (batch_size < 3) return std::nullopt;  // log 1.
  if (loss.name == "supcon") return std::log(images - 1);
  if (loss.name == "ntxent") return std::log(2 * images - 1);
  if (loss.name == "dcl") return std::log(2 * images - 2);
  return std::nullopt;
}

bool OnLandmark(double loss, double landmark) {
  return std::abs(loss - landmark) <= kTolerance * landmark;
}

Landmarks LandmarksOf(const std::vector<LossRecipe>& losses, int batch_size) {
  Landmarks out;
  for (const LossRecipe& loss : losses) {
    const std::optional<double> landmark = ConstantMapLoss(loss, batch_size);
    if (landmark.has_value()) out[loss.name] = *landmark;
  }
  return out;
}

void NoteLandmarks(const Landmarks& landmarks, const std::map<std::string, double>& terms,
                   std::map<std::string, int64_t>* steps) {
  for (const auto& [name, landmark] : landmarks) {
    const auto term = terms.find(name);
    if (term == terms.end()) continue;
    int64_t& in_a_row = (*steps)[name];
    in_a_row = OnLandmark(term->second, landmark) ? in_a_row + 1 : 0;
  }
}

}  // namespace lookbook
