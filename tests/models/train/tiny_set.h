// A labelled set that a small network learns within seconds, in memory but for the files its pixels
// come from.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/image/encode.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/recipe/recipe.h"
#include "models/train/trainer.h"
#include "tests/support/temp_dir.h"

namespace lookbook {

// Class c of 3 is a block in third c of the picture; attribute 0 says that the blocks are reddish.
// Noise everywhere.
class TinySet {
 public:
  explicit TinySet(int images, int side = 32, uint32_t seed = 1, bool attributes = true) {
    std::mt19937 random(seed);
    data_.labels.classes = {{10, "left", ""}, {11, "middle", ""}, {12, "right", ""}};
    if (attributes) data_.labels.attributes = {{5, "red", ""}};
    data_.sha256 = std::string(64, 'd');
    for (int i = 0; i < images; ++i) AddImage(i, side, attributes, random);
    spec_.size = side;
    auto cache = ImageCache::Build(data_.images, spec_, 1, nullptr);
    if (!cache.ok()) throw std::runtime_error(cache.status().ToString());
    cache_ = *std::move(cache);
  }

  TrainingSet set(const Split& split) const { return {data_, split, *cache_, spec_}; }
  const FashionData& data() const { return data_; }
  const ImageCache& cache() const { return *cache_; }
  const PreprocessSpec& spec() const { return spec_; }

 private:
  void AddImage(int i, int side, bool attributes, std::mt19937& random) {
    ImageRecord record{.id = std::to_string(1000 + i),
                       .path = directory_ / (std::to_string(1000 + i) + ".jpg")};
    Image image{side, side, std::vector<uint8_t>(static_cast<size_t>(side) * side * 3)};
    for (uint8_t& value : image.rgb) value = static_cast<uint8_t>(random() % 80);
    const bool red = random() % 2 == 0;
    for (int c = 0; c < 3; ++c) {
      if (random() % 2 == 0 && !(c == 2 && record.classes.empty())) continue;
      record.classes.push_back(c);
      for (int y = side / 4; y < side / 2; ++y) {
        for (int x = c * side / 3; x < (c + 1) * side / 3; ++x)
          image.rgb[3 * (y * side + x) + (red ? 0 : 2)] = 230;
      }
    }
    record.attributes_known = attributes && i % 4 != 0;
    if (record.attributes_known && red) record.attributes = {0};
    if (!WriteFile(record.path, *EncodeJpeg(image, 95)).ok())
      throw std::runtime_error("cannot write " + record.path);
    data_.images.push_back(std::move(record));
  }

  TempDir directory_;
  FashionData data_;
  PreprocessSpec spec_;
  std::unique_ptr<ImageCache> cache_;
};

inline Split AllTrain(int images) {
  Split split;
  for (int i = 0; i < images; ++i) split.train.push_back(i);
  return split;
}

inline Recipe TinyRecipe(int64_t steps, int batch = 8) {
  Recipe recipe;
  recipe.name = "tiny";
  recipe.text = "tiny " + std::to_string(steps);
  recipe.threads = 1;
  recipe.data.image_size = 32;
  recipe.data.workers = 1;
  StageRecipe stage;
  stage.name = "all";
  stage.steps = steps;
  stage.batch_size = batch;
  stage.optimizer.lr = 3e-3;
  stage.ema = 0.9;
  recipe.stages = {stage};
  return recipe;
}

}  // namespace lookbook
