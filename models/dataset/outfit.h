// Which garments go together: the grammar of the synthetic outfits.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/dataset/fashion_data.h"
#include "models/dataset/garments.h"
#include "models/dataset/random.h"

namespace lookbook {

struct GarmentColor {
  const char* name;
  std::array<float, 3> rgb;  // In [0, 1].
};

// Attribute id = place in this list.
inline constexpr std::array<GarmentColor, 8> kGarmentColors = {{
    {"red", {0.86f, 0.13f, 0.16f}},
    {"orange", {0.96f, 0.52f, 0.08f}},
    {"yellow", {0.95f, 0.85f, 0.12f}},
    {"green", {0.16f, 0.62f, 0.22f}},
    {"turquoise", {0.10f, 0.76f, 0.78f}},
    {"blue", {0.14f, 0.30f, 0.86f}},
    {"purple", {0.52f, 0.18f, 0.72f}},
    {"pink", {0.96f, 0.46f, 0.70f}},
}};

struct OutfitPiece {
  int garment_class = 0;
  int color = 0;  // Index into kGarmentColors; -1 = as it is.
};

// Fashion-MNIST's ten classes and the eight colours; ids = columns.
LabelSpace OutfitLabels();

// 15 %: a single accessory. Else a dress (30 %), or a top with a second, different one (35 %) and
// trousers (75 %); then shoes (70 %) and a bag (40 %). No class comes twice. `garments` > 0 asks
// for exactly that many, up to 9: pieces of other classes are added, or some are dropped.
std::vector<OutfitPiece> DrawOutfit(int garments, Random* random);

}  // namespace lookbook
