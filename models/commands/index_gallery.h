// An index with its item table, as the gallery that calibration and evaluation compare queries
// with.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/bundle/items.h"
#include "engine/index/vector_index.h"
#include "models/dataset/fashion_data.h"
#include "models/evaluate/gallery.h"

namespace lookbook {

// Every item's id, vector and classes, by the columns of `labels`. DataLoss: an item has a class
// that `labels` does not know.
absl::StatusOr<Gallery> ReadGallery(const VectorIndex& index, const ItemStore& items,
                                    const LabelSpace& labels);

// The same from the files that the index step left in `folder`. Errors of OpenIndex and
// ItemStore::Open.
absl::StatusOr<Gallery> OpenGallery(const std::string& folder, const std::string& index_spec,
                                    const LabelSpace& labels, int dim);

}  // namespace lookbook
