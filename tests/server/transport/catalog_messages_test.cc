#include "server/transport/catalog_messages.h"

#include "tests/server/fake_bundle.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

class CatalogMessagesTest : public ::testing::Test {
 protected:
  TempDir directory_;
  FakeBundle fake_ = MakeFakeBundle(directory_ / "items", "fake-1");
};

TEST_F(CatalogMessagesTest, ItemHasAllItsFacts) {
  v1::GetItemResponse response;
  FillItem(*fake_.bundle, 5, &response);
  const Item& item = fake_.items[5];
  EXPECT_EQ(response.item_id(), item.id);
  EXPECT_EQ(std::vector<uint32_t>(response.class_ids().begin(), response.class_ids().end()),
            item.class_ids);
  EXPECT_EQ(std::vector<uint32_t>(response.attribute_ids().begin(), response.attribute_ids().end()),
            item.attribute_ids);
  EXPECT_EQ(response.uri(), item.uri);
  EXPECT_EQ(response.split(), item.split);
  EXPECT_EQ(response.bundle_id(), "fake-1");
  EXPECT_EQ(response.thumbnail(), "");
}

TEST_F(CatalogMessagesTest, ClassesAndAttributesAreTheManifests) {
  v1::ListClassesResponse response;
  FillClasses(*fake_.bundle, &response);
  const Manifest& manifest = fake_.bundle->manifest;
  ASSERT_EQ(response.classes_size(), manifest.classes_size());
  ASSERT_EQ(response.attributes_size(), manifest.attributes_size());
  for (int i = 0; i < manifest.classes_size(); ++i) {
    EXPECT_EQ(response.classes(i).class_id(), manifest.classes(i).id());
    EXPECT_EQ(response.classes(i).name(), manifest.classes(i).name());
    EXPECT_EQ(response.classes(i).supercategory(), manifest.classes(i).supercategory());
    EXPECT_EQ(response.classes(i).threshold(), manifest.classes(i).threshold());
    EXPECT_EQ(response.classes(i).support(), manifest.classes(i).support());
  }
  for (int i = 0; i < manifest.attributes_size(); ++i) {
    EXPECT_EQ(response.attributes(i).attribute_id(), manifest.attributes(i).id());
    EXPECT_EQ(response.attributes(i).name(), manifest.attributes(i).name());
    EXPECT_EQ(response.attributes(i).supercategory(), manifest.attributes(i).supercategory());
  }
  EXPECT_EQ(response.bundle_id(), "fake-1");
}

TEST_F(CatalogMessagesTest, BundleInfoSumsTheBundleUp) {
  v1::BundleInfo info;
  FillBundleInfo("default", fake_.bundle.get(), &info);
  const Manifest& manifest = fake_.bundle->manifest;
  EXPECT_EQ(info.name(), "default");
  EXPECT_EQ(info.bundle_id(), "fake-1");
  EXPECT_EQ(info.recipe(), manifest.recipe());
  EXPECT_EQ(info.backbone(), manifest.backbone());
  EXPECT_EQ(info.dim(), 8u);
  EXPECT_EQ(info.image_size(), 16u);
  EXPECT_EQ(info.items(), 40u);
  EXPECT_EQ(info.classes(), 5u);
  EXPECT_EQ(info.attributes(), 3u);
  EXPECT_EQ(info.index(), "Flat");
  EXPECT_EQ(info.created(), "2026-11-23T10:15:00Z");
}

class SearchedIndex : public FakeIndex {
 public:
  explicit SearchedIndex(std::string search) : FakeIndex(2, {1, 0}), search_(std::move(search)) {}
  std::string search() const override { return search_; }

 private:
  const std::string search_;
};

TEST_F(CatalogMessagesTest, TheRecallIsOfTheSearchThatItWasMeasuredWith) {
  v1::BundleInfo exact;
  FillBundleInfo("default", fake_.bundle.get(), &exact);
  EXPECT_EQ(exact.index_search(), "");
  EXPECT_FALSE(exact.has_index_recall_at_10());
  auto* index = fake_.bundle->manifest.mutable_index();
  index->set_search("nprobe=8");
  index->set_recall_at_10(0.97);
  for (const auto& [search, known] :
       std::vector<std::pair<std::string, bool>>{{"nprobe=8", true}, {"nprobe=4", false}}) {
    fake_.bundle->index = std::make_unique<SearchedIndex>(search);
    v1::BundleInfo info;
    FillBundleInfo("default", fake_.bundle.get(), &info);
    EXPECT_EQ(info.index_search(), search);
    EXPECT_EQ(info.has_index_recall_at_10(), known);
    if (known) {
      EXPECT_EQ(info.index_recall_at_10(), 0.97);
    }
  }
}

TEST_F(CatalogMessagesTest, ARootWithoutABundleHasOnlyItsName) {
  v1::BundleInfo info;
  FillBundleInfo("default", nullptr, &info);
  EXPECT_EQ(info.name(), "default");
  info.clear_name();
  EXPECT_EQ(info.ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace lookbook
