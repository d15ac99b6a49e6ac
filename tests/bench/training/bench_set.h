// Labelled sets to measure a training's speed on, which does not depend on what is learnt.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "engine/image/preprocess.h"
#include "models/dataset/fashion_data.h"
#include "models/dataset/image_cache.h"
#include "models/dataset/random.h"
#include "models/dataset/split.h"

namespace lookbook {

// All of it for training.
struct BenchSet {
  FashionData data;
  Split split;
  std::unique_ptr<ImageCache> cache;
  absl::Duration decode;  // Reading, decoding and resizing all pictures.
};

// `images` pictures without pixels, with 1 to 4 of `classes` labels.
inline BenchSet LabelsAlone(int64_t images, int classes) {
  Random random(1);
  BenchSet out;
  for (int c = 0; c < classes; ++c)
    out.data.labels.classes.push_back({static_cast<uint32_t>(c), absl::StrCat("class ", c), ""});
  for (int64_t i = 0; i < images; ++i) {
    ImageRecord record{.id = absl::StrFormat("%08d", i)};
    int column = 0;
    while (column < classes && record.classes.size() < 4) {
      column += static_cast<int>(random.Below(classes));
      if (column < classes) record.classes.push_back(column++);
    }
    out.data.images.push_back(std::move(record));
    out.split.train.push_back(i);
  }
  out.data.sha256 = "made up";
  return out;
}

// Pictures of random bytes.
inline BenchSet NoiseSet(int64_t images, int side, int classes) {
  BenchSet out = LabelsAlone(images, classes);
  Random random(1);
  auto bytes = std::make_shared<std::vector<uint8_t>>(images * side * side * 3);
  for (size_t i = 0; i + 8 <= bytes->size(); i += 8) {
    const uint64_t bits = random.Bits();
    for (size_t j = 0; j < 8; ++j) (*bytes)[i + j] = static_cast<uint8_t>(bits >> (8 * j));
  }
  const uint8_t* pixels = bytes->data();
  out.cache = ImageCache::View(images, side, pixels, std::move(bytes));
  return out;
}

// The *.jpg of `folder` in order, again and again where they are fewer, decoded as the trainer does
// it. NotFound: there is none.
inline absl::StatusOr<BenchSet> PictureSet(const std::string& folder, int64_t images,
                                           const PreprocessSpec& spec, int classes, int threads) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  if (files.empty()) return absl::NotFoundError(absl::StrCat(folder, ": no *.jpg"));
  std::sort(files.begin(), files.end());
  BenchSet out = LabelsAlone(images, classes);
  for (size_t i = 0; i < out.data.images.size(); ++i)
    out.data.images[i].path = files[i % files.size()];
  const absl::Time start = absl::Now();
  LB_ASSIGN_OR_RETURN(out.cache,
                      ImageCache::Build(out.data.images, spec, threads, [](int64_t, int64_t) {}));
  out.decode = absl::Now() - start;
  return out;
}

}  // namespace lookbook
