// A labelled set of pictures from a folder, decoded as the trainer does it, and how long that took.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
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
#include "models/dataset/split.h"

namespace lookbook {

struct PictureSet {
  // `count` pictures: the *.jpg of `folder` in order, again and again where they are fewer. Labels
  // are made up: 1 to 4 of `classes`. NotFound: there is none.
  static absl::StatusOr<PictureSet> Read(const std::string& folder, int64_t count,
                                         const PreprocessSpec& spec, int classes, int threads) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (entry.path().extension() == ".jpg") files.push_back(entry.path());
    if (files.empty()) return absl::NotFoundError(absl::StrCat(folder, ": no *.jpg"));
    std::sort(files.begin(), files.end());
    PictureSet out;
    for (int c = 0; c < classes; ++c)
      out.data.labels.classes.push_back({static_cast<uint32_t>(c), absl::StrCat("class ", c), ""});
    for (int64_t i = 0; i < count; ++i) {
      ImageRecord record{.id = absl::StrFormat("%08d", i),
                         .path = files[static_cast<size_t>(i) % files.size()]};
      for (int k = 0; k < 1 + i % 4; ++k)
        record.classes.push_back(static_cast<int>((i * 7 + k * 11) % classes));
      std::sort(record.classes.begin(), record.classes.end());
      out.data.images.push_back(std::move(record));
      out.split.train.push_back(i);
    }
    out.data.sha256 = "pictures";
    const absl::Time start = absl::Now();
    LB_ASSIGN_OR_RETURN(out.cache,
                        ImageCache::Build(out.data.images, spec, threads, [](int64_t, int64_t) {}));
    out.decode = absl::Now() - start;
    return out;
  }

  FashionData data;
  Split split;
  std::unique_ptr<ImageCache> cache;
  absl::Duration decode;  // Reading, decoding and resizing all of them.
};

}  // namespace lookbook
