// A labelled set of noise: for measuring speed, which does not depend on what is learnt.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/dataset/random.h"
#include "models/dataset/split.h"

namespace lookbook {

// `images` pictures of random bytes with 1 to 4 of `classes` labels, all for training.
struct RandomSet {
  RandomSet(int64_t images, int side, int classes) {
    Random random(1);
    auto bytes = std::make_shared<std::vector<uint8_t>>(images * side * side * 3);
    for (size_t i = 0; i + 8 <= bytes->size(); i += 8) {
      const uint64_t bits = random.Bits();
      for (size_t j = 0; j < 8; ++j) (*bytes)[i + j] = static_cast<uint8_t>(bits >> (8 * j));
    }
    for (int c = 0; c < classes; ++c)
      data.labels.classes.push_back({static_cast<uint32_t>(c), absl::StrCat("class ", c), ""});
    for (int64_t i = 0; i < images; ++i) {
      ImageRecord record{.id = absl::StrFormat("%08d", i)};
      int column = 0;
      while (column < classes && record.classes.size() < 4) {
        column += static_cast<int>(random.Below(classes));
        if (column < classes) record.classes.push_back(column++);
      }
      data.images.push_back(std::move(record));
      split.train.push_back(i);
    }
    data.sha256 = "noise";
    const uint8_t* pixels = bytes->data();
    cache = ImageCache::View(images, side, pixels, std::move(bytes));
  }

  FashionData data;
  Split split;
  std::unique_ptr<ImageCache> cache;
};

}  // namespace lookbook
