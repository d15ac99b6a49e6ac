// An embedded corpus -> items.sqlite and index.faiss of a bundle.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/bundle/items.h"
#include "engine/index/vector_index.h"
#include "models/dataset/fashion_data.h"
#include "models/indexing/corpus_embedder.h"

namespace lookbook {

// Item of an image: ids instead of columns; the uri is the file's path, `split` says which part it
// belongs to.
Item MakeItem(const LabelSpace& labels, const ImageRecord& image, const std::string& split);

// Writes <directory>/items.sqlite and <directory>/index.faiss; row i of both is corpus.images[i].
// Files of an earlier try are replaced. `splits` has one name for each of `images`. Returns the
// index, ready to be searched.
//
// InvalidArgument: an index spec that is not known, vectors that are not unit rows, an id that
// stands twice.
absl::StatusOr<std::unique_ptr<VectorIndex>> WriteIndexFiles(const std::string& directory,
                                                             const std::string& index_spec,
                                                             const LabelSpace& labels,
                                                             absl::Span<const ImageRecord> images,
                                                             absl::Span<const std::string> splits,
                                                             const EmbeddedCorpus& corpus);

}  // namespace lookbook
