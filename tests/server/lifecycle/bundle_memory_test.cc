#include "server/lifecycle/bundle_memory.h"

#include "tests/server/fake_bundle.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

TEST(BundleMemoryTest, CountsModelVectorsAndFacts) {
  TempDir directory;
  FakeBundle fake = MakeFakeBundle(directory / "items", "id", {.items = 40, .dim = 8});
  int64_t facts = 0;
  for (const Item& item : fake.items) {
    facts += sizeof(Item) + item.id.size() + item.uri.size() + item.split.size() +
             4 * (item.class_ids.size() + item.attribute_ids.size());
  }
  fake.bundle->manifest.clear_files();
  EXPECT_EQ(BundleMemoryBytes(*fake.bundle), 40 * 8 * 4 + facts);
  auto* model = fake.bundle->manifest.add_files();
  model->set_name(kModelFile);
  model->set_bytes(1'000'000);
  auto* thumbnails = fake.bundle->manifest.add_files();
  thumbnails->set_name("items.sqlite");
  thumbnails->set_bytes(7'000'000);  // Stays in the file.
  EXPECT_EQ(BundleMemoryBytes(*fake.bundle), 1'000'000 + 40 * 8 * 4 + facts);
}

}  // namespace
}  // namespace lookbook
