// Fashion-MNIST: 70,000 photos of single garments, 28 × 28 grey, in ten classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace lookbook {

inline constexpr int kGarmentSide = 28;
inline constexpr int kGarmentPixels = kGarmentSide * kGarmentSide;
inline constexpr int kGarmentClasses = 10;

enum class GarmentPart { kTrain, kTest };  // The files of 60,000 and of 10,000 garments.

// Immutable. Thread-safe.
class GarmentSet {
 public:
  // Reads `{train,t10k}-images-idx3-ubyte` and `…-labels-idx1-ubyte` in `folder`, gzipped (.gz) or
  // not. NotFound: a file is missing. DataLoss: a file is damaged, cut, or not what its name says,
  // or a class has no garment.
  static absl::StatusOr<GarmentSet> Load(const std::string& folder, GarmentPart part);

  int64_t size() const { return static_cast<int64_t>(labels_.size()); }
  // 0 to 9: T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot.
  int label(int64_t garment) const { return labels_[garment]; }
  // Row-major; 0 is the background and bright is dark cloth: the set stores negatives.
  absl::Span<const uint8_t> pixels(int64_t garment) const {
    return absl::MakeConstSpan(pixels_).subspan(garment * kGarmentPixels, kGarmentPixels);
  }
  // Garments of one class, ascending.
  const std::vector<int64_t>& of_class(int label) const { return of_class_[label]; }

 private:
  GarmentSet() = default;
  std::vector<uint8_t> pixels_;
  std::vector<uint8_t> labels_;
  std::vector<std::vector<int64_t>> of_class_;
};

}  // namespace lookbook
