// The manifest of a bundle from what the steps of a run know.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/bundle/manifest.h"
#include "engine/embed/embedder.h"
#include "models/commands/calibration_file.h"
#include "models/commands/index_facts.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/set_evaluation.h"
#include "models/recipe/recipe.h"

namespace lookbook {

struct ManifestFacts {
  const Recipe& recipe;
  const FashionData& data;
  std::vector<int64_t> support;  // Training images of each class.
  std::string split_sha256;
  PreprocessSpec preprocess;
  ModelShape shape;
  IndexFacts index;
  // Of evaluation.json.
  std::string evaluated_split;
  int64_t evaluated_images = 0;
  std::map<std::string, double> values;
  CalibrationFacts calibration;  // REQUIRES: one threshold for each class of `data`.
};

// All but what BundleWriter fills in. Values that are not finite are left out.
Manifest MakeManifest(const ManifestFacts& facts);

// The other way: the label columns of a served model.
LabelSpace LabelsOf(const Manifest& manifest);

}  // namespace lookbook
