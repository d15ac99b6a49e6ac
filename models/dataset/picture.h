// Draws an outfit: tinted garments laid out on a plain, slightly noisy ground.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/image/image.h"
#include "models/dataset/garments.h"
#include "models/dataset/outfit.h"
#include "models/dataset/random.h"
#include "models/dataset/rle.h"

namespace lookbook {

struct Picture {
  Image image;
  std::vector<Mask> masks;  // Of outfit[i]: the pixels where it, and nothing above it, is seen.
};

// A size × size picture of one random garment of `garments` per piece, each in a cell of its own of
// a 3 × 3 grid, moved a little, later pieces above earlier ones. Of every piece at least a third
// stays visible. REQUIRES: 1 <= outfit.size() <= 9. Internal: OpenCV refuses the size (size < 3).
absl::StatusOr<Picture> DrawPicture(absl::Span<const OutfitPiece> outfit,
                                    const GarmentSet& garments, int size, Random* random);

// A size × size picture of one random garment of the piece's class: tinted, nearly as large as the
// picture, anywhere in it. What a backbone can be pretrained on. Internal: OpenCV fails.
absl::StatusOr<Picture> DrawSingle(const OutfitPiece& piece, const GarmentSet& garments, int size,
                                   Random* random);

// Garment number `garment` as the set shows it, grey on black, resized to size × size; its mask is
// its silhouette. Internal: OpenCV fails.
absl::StatusOr<Picture> DrawPlain(const GarmentSet& garments, int64_t garment, int size);

}  // namespace lookbook
