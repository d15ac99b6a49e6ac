#include "tests/server/fake_bundle.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

FakeBundle MakeFakeBundle(const std::string& directory, const std::string& id,
                          const TestBundleOptions& options) {
  FakeBundle fake;
  fake.bundle = std::make_shared<Bundle>();
  fake.bundle->id = id;
  fake.bundle->directory = directory;
  fake.bundle->manifest = MakeTestManifest(options);
  fake.bundle->manifest.set_created(FormatCreated(options.created));
  fake.bundle->preprocess = *ToPreprocessSpec(fake.bundle->manifest.preprocess());
  auto embedder = std::make_unique<FakeEmbedder>(
      ModelShape{options.image_size, options.dim, options.classes,
                 options.scores_attributes ? options.attributes : 0});
  fake.embedder = embedder.get();
  fake.bundle->embedder = std::move(embedder);
  std::mt19937_64 random(options.seed);
  fake.vectors = RandomUnitVectors(options.items, options.dim, &random);
  auto index = std::make_unique<FakeIndex>(options.dim, fake.vectors);
  fake.index = index.get();
  fake.bundle->index = std::move(index);
  fake.items = MakeTestItems(options);
  for (int i = 0; i < options.items; ++i) {
    fake.thumbnails.push_back(i == 0 ? "" : absl::StrCat("thumbnail of ", fake.items[i].id));
  }
  EXPECT_THAT(MakeDirectories(directory), IsOk());
  EXPECT_THAT(WriteTestItems(directory, fake.items, fake.thumbnails), IsOk());
  auto items = ItemStore::Open(JoinPath(directory, kItemsFile));
  EXPECT_THAT(items, IsOk());
  if (items.ok()) fake.bundle->items = *std::move(items);
  return fake;
}

}  // namespace lookbook
