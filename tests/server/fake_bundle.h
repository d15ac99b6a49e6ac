// A bundle without model or FAISS, for tests of what stands around the pipeline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/bundle/bundle.h"
#include "tests/support/fake_embedder.h"
#include "tests/support/fake_index.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {

struct FakeBundle {
  std::shared_ptr<Bundle> bundle;
  FakeEmbedder* embedder = nullptr;  // Both owned by `bundle`.
  FakeIndex* index = nullptr;
  std::vector<Item> items;
  std::vector<std::string> thumbnails;  // Of row 0 it is empty.
  std::vector<float> vectors;           // float32[items, dim]
};

// With its items file in `directory`, an empty folder. Equal options give equal content. Fails the
// running test when a file cannot be written.
FakeBundle MakeFakeBundle(const std::string& directory, const std::string& id,
                          const TestBundleOptions& options = {});

}  // namespace lookbook
