// The golden cases of a bundle: what the eager training network says of a few image files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/golden.h"
#include "engine/image/preprocess.h"
#include "engine/index/vector_index.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// Eight cases from the files `paths` (used in turn; one is enough): two as they are, two enlarged
// with fine detail so that a scaled decode is due, one enlarged only half as far, two that EXIF
// turns, one PNG with transparency. All but the first two are made of pictures whose longer side is
// at most 4 × the network's input, whatever the files' size. Each file is read through DecodeImage
// and Preprocess as a server would, and embedded by `net` in eval mode, batch 1; its neighbours are
// the best of `index`, named by `item_id(row)`.
//
// InvalidArgument: no path. Errors of reading the files come back as they are; Internal: torch
// refused.
absl::StatusOr<std::vector<GoldenCase>> MakeGoldenCases(
    EmbedderNet net, const PreprocessSpec& spec, absl::Span<const std::string> paths,
    const VectorIndex& index, const std::function<std::string(int64_t row)>& item_id);

}  // namespace lookbook
