// A bundle over plain coloured squares: model, index and items, none of them trained.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/bundle/bundle.h"
#include "models/indexing/index_builder.h"
#include "tests/models/indexing/colour_embedder.h"

namespace lookbook {

// Its items are `images`, whose classes are columns of ColourLabels(). Thresholds are 0.5. `dir`
// receives items.sqlite and index.faiss. Its model scores `attributes` attributes, "a0", "a1", ….
inline std::unique_ptr<Bundle> MakeColourBundle(const std::string& dir,
                                                const std::vector<ImageRecord>& images,
                                                int attributes = 0) {
  auto bundle = std::make_unique<Bundle>();
  bundle->preprocess.size = 16;
  bundle->embedder = std::make_unique<ColourEmbedder>(16, attributes);
  for (const Label& label : ColourLabels().classes) {
    auto* entry = bundle->manifest.add_classes();
    entry->set_id(label.id);
    entry->set_name(label.name);
    entry->set_threshold(0.5f);
  }
  for (int a = 0; a < attributes; ++a) {
    auto* entry = bundle->manifest.add_attributes();
    entry->set_id(static_cast<uint32_t>(a));
    entry->set_name(absl::StrCat("a", a));
  }
  bundle->manifest.set_scores_attributes(attributes > 0);
  const EmbeddedCorpus corpus =
      *EmbedImages(images, bundle->preprocess, *bundle->embedder, {.thumbnails = true});
  const std::vector<std::string> splits(images.size(), "train");
  bundle->index = *WriteIndexFiles(dir, "Flat", ColourLabels(), images, splits, corpus);
  bundle->items = *ItemStore::Open(JoinPath(dir, "items.sqlite"));
  return bundle;
}

}  // namespace lookbook
