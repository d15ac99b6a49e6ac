// An embedder that needs no training: the direction of the mean colour. Fails on demand.
#pragma once

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/embed/embedder.h"
#include "engine/image/encode.h"
#include "models/dataset/fashion_data.h"
#include "tests/support/image_files.h"
#include "tests/support/temp_dir.h"

namespace lookbook {

// embedding = mean of each channel (offset so that it is never zero), made unit; score c = 0.9
// where channel c leads, else 0.1; attribute a has 0.75 where channel a mod 3 leads, else 0.25.
class ColourEmbedder : public Embedder {
 public:
  explicit ColourEmbedder(int size, int attributes = 0) : shape_{size, 3, 3, attributes} {}
  const ModelShape& shape() const override { return shape_; }
  int MaxBatch() const override { return 4; }
  absl::Status WarmUp() const override { return absl::OkStatus(); }

  absl::StatusOr<Embeddings> Embed(absl::Span<const float> images) const override {
    const size_t plane = static_cast<size_t>(shape_.image_size) * shape_.image_size;
    Embeddings out;
    out.n = static_cast<int64_t>(images.size() / (3 * plane));
    if (out.n < 1 || out.n > MaxBatch())
      return absl::InvalidArgumentError(absl::StrCat("batch of ", out.n));
    if (++calls_ == fail_at_call) return absl::InternalError("told to fail");
    for (int64_t i = 0; i < out.n; ++i) {
      double mean[3], square = 0;
      for (int c = 0; c < 3; ++c) {
        mean[c] = 3;
        for (size_t p = 0; p < plane; ++p)
          mean[c] += images[(3 * i + c) * plane + p] / static_cast<double>(plane);
        square += mean[c] * mean[c];
      }
      for (int c = 0; c < 3; ++c) {
        out.vectors.push_back(static_cast<float>(mean[c] / std::sqrt(square)));
        out.scores.push_back(mean[c] == std::max({mean[0], mean[1], mean[2]}) ? 0.9f : 0.1f);
      }
      for (int a = 0; a < shape_.attributes; ++a) {
        const bool leads = mean[a % 3] == std::max({mean[0], mean[1], mean[2]});
        out.attribute_scores.push_back(leads ? 0.75f : 0.25f);
      }
    }
    return out;
  }

  int fail_at_call = -1;

 private:
  ModelShape shape_;
  mutable std::atomic<int> calls_ = 0;
};

inline const LabelSpace& ColourLabels() {
  static const LabelSpace labels{{{20, "red", ""}, {10, "green", ""}, {30, "blue", ""}},
                                 {{7, "plain", ""}}};
  return labels;
}

// Image i is a plain square of colour i mod 3 and a strength of its own.
inline std::vector<ImageRecord> WriteColours(const TempDir& dir, int count) {
  std::vector<ImageRecord> out;
  for (int i = 0; i < count; ++i) {
    uint8_t rgb[3] = {20, 20, 20};
    rgb[i % 3] = static_cast<uint8_t>(250 - i);
    ImageRecord record{.id = absl::StrCat("c", 100 + i),
                       .path = dir / absl::StrCat("c", 100 + i, ".jpg"),
                       .classes = {i % 3}};
    if (!WriteFile(record.path, *EncodeJpeg(SolidImage(200, 120, rgb[0], rgb[1], rgb[2]), 95)).ok())
      std::abort();
    out.push_back(record);
  }
  return out;
}

}  // namespace lookbook
