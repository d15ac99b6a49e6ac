// What a bundle's index answers to labelled pictures: the best, the worst, and always the same
// ones.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/bundle.h"
#include "models/dataset/fashion_data.h"
#include "models/study/run_study.h"

namespace lookbook {

struct NeighborOptions {
  int threads = 1;
  int64_t most_queries = 2048;  // Of more, that many are asked at even distances, and the fixed.
  std::function<void(int64_t done, int64_t total)> progress;
};

// Embeds `images`, whose classes are columns of `labels`, through the bundle and searches its
// index. A picture that is itself an item (the same id and file) does not answer itself. Those that
// cannot be read are left out.
//
// InvalidArgument: no image can be read. Cancelled: StopRequested(). Errors of EmbedImages and
// Search come back as they are.
absl::StatusOr<NeighborStudy> StudyNeighbors(const Bundle& bundle, const LabelSpace& labels,
                                             absl::Span<const ImageRecord> images,
                                             const NeighborOptions& options);

// `shown` of `count` places at even distances; all when there are fewer.
std::vector<int64_t> EvenPlaces(int64_t count, int64_t shown);

}  // namespace lookbook
