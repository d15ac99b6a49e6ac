#include "models/dataset/outfit.h"

#include <algorithm>

namespace lookbook {
namespace {

struct GarmentClass {
  const char* name;
  const char* supercategory;
  // Weights among their kind. They were chosen so that the statistics of 10,000 outfits come out as
  // label_statistics.h measures them in the test: 2.6 classes an image, P(no shared class) 47 %.
  double as_top;
  double as_shoes;
  double alone;
};

constexpr std::array<GarmentClass, kGarmentClasses> kClasses = {{
    {"T-shirt/top", "upperbody", 4, 0, 0},
    {"Trouser", "lowerbody", 0, 0, 0},
    {"Pullover", "upperbody", 3, 0, 0},
    {"Dress", "wholebody", 0, 0, 0},
    {"Coat", "upperbody", 2, 0, 0},
    {"Sandal", "footwear", 0, 2, 1},
    {"Shirt", "upperbody", 3, 0, 0},
    {"Sneaker", "footwear", 0, 4, 1},
    {"Bag", "accessory", 0, 0, 1},
    {"Ankle boot", "footwear", 0, 3, 1},
}};
constexpr int kTrouser = 1, kDress = 3, kBag = 8;

int Draw(double GarmentClass::*weight, int without, Random* random) {
  std::array<double, kGarmentClasses> weights;
  for (int i = 0; i < kGarmentClasses; ++i) weights[i] = i == without ? 0 : kClasses[i].*weight;
  return random->Weighted(weights);
}

std::vector<int> DrawClasses(Random* random) {
  if (random->Chance(0.15)) return {Draw(&GarmentClass::alone, -1, random)};
  std::vector<int> classes;
  if (random->Chance(0.30)) {
    classes.push_back(kDress);
  } else {
    classes.push_back(Draw(&GarmentClass::as_top, -1, random));
    if (random->Chance(0.35)) classes.push_back(Draw(&GarmentClass::as_top, classes[0], random));
    if (random->Chance(0.75)) classes.push_back(kTrouser);
  }
  if (random->Chance(0.70)) classes.push_back(Draw(&GarmentClass::as_shoes, -1, random));
  if (random->Chance(0.40)) classes.push_back(kBag);
  return classes;
}

// Brings the number of pieces to `count` with classes that are not there yet.
void Resize(size_t count, std::vector<int>* classes, Random* random) {
  random->Shuffle(classes);
  if (classes->size() > count) classes->resize(count);
  std::vector<int> others;
  for (int i = 0; i < kGarmentClasses; ++i) {
    if (std::find(classes->begin(), classes->end(), i) == classes->end()) others.push_back(i);
  }
  random->Shuffle(&others);
  for (size_t i = 0; classes->size() < count && i < others.size(); ++i)
    classes->push_back(others[i]);
}

}  // namespace

LabelSpace OutfitLabels() {
  LabelSpace labels;
  for (const GarmentClass& garment : kClasses) {
    labels.classes.push_back(
        {static_cast<uint32_t>(labels.classes.size()), garment.name, garment.supercategory});
  }
  for (const GarmentColor& color : kGarmentColors) {
    labels.attributes.push_back(
        {static_cast<uint32_t>(labels.attributes.size()), color.name, "color"});
  }
  return labels;
}

std::vector<OutfitPiece> DrawOutfit(int garments, Random* random) {
  std::vector<int> classes = DrawClasses(random);
  if (garments > 0) Resize(garments, &classes, random);
  std::vector<OutfitPiece> outfit;
  for (int garment_class : classes) {
    outfit.push_back({garment_class, static_cast<int>(random->Below(kGarmentColors.size()))});
  }
  return outfit;
}

}  // namespace lookbook
