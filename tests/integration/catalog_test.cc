// Every field of CatalogService.
#include "base/version.h"
#include "engine/image/decode.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class CatalogTest : public ServerFixture {
 protected:
  CatalogTest() { Start(); }
};

TEST_F(CatalogTest, GetItem) {
  for (int row : {0, 150, 299}) {
    const Item& item = bundle_->items[row];
    v1::GetItemRequest request;
    request.set_item_id(item.id);
    request.set_bundle("default");
    request.set_with_thumbnail(true);
    v1::GetItemResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(catalog_->GetItem(&context, request, &response).ok());
    EXPECT_EQ(response.item_id(), item.id);
    EXPECT_EQ(std::vector<uint32_t>(response.class_ids().begin(), response.class_ids().end()),
              item.class_ids);
    EXPECT_EQ(
        std::vector<uint32_t>(response.attribute_ids().begin(), response.attribute_ids().end()),
        item.attribute_ids);
    EXPECT_EQ(response.uri(), item.uri);
    EXPECT_EQ(response.split(), item.split);
    EXPECT_EQ(response.bundle_id(), bundle_->id);
    EXPECT_EQ(response.thumbnail(), bundle_->thumbnails[row]);
    EXPECT_THAT(DecodeImage(response.thumbnail(), {}), IsOk());
  }
}

TEST_F(CatalogTest, ListClasses) {
  v1::ListClassesResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(catalog_->ListClasses(&context, {}, &response).ok());
  ASSERT_EQ(response.classes_size(), 6);
  for (int i = 0; i < 6; ++i) {
    const auto& entry = bundle_->manifest.classes(i);
    EXPECT_EQ(response.classes(i).class_id(), entry.id());
    EXPECT_EQ(response.classes(i).name(), entry.name());
    EXPECT_EQ(response.classes(i).supercategory(), entry.supercategory());
    EXPECT_EQ(response.classes(i).threshold(), entry.threshold());
    EXPECT_EQ(response.classes(i).support(), entry.support());
  }
  ASSERT_EQ(response.attributes_size(), 4);
  EXPECT_EQ(response.attributes(3).attribute_id(), TestAttributeId(3));
  EXPECT_EQ(response.attributes(3).name(), "attribute 3");
  EXPECT_EQ(response.bundle_id(), bundle_->id);
}

TEST_F(CatalogTest, GetInfo) {
  v1::GetInfoResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(catalog_->GetInfo(&context, {}, &response).ok());
  EXPECT_EQ(response.version(), std::string(Version()));
  EXPECT_EQ(response.commit(), std::string(GitCommit()));
  EXPECT_EQ(response.device(), "cpu");
  ASSERT_EQ(response.bundles_size(), 1);
  const v1::BundleInfo& info = response.bundles(0);
  EXPECT_EQ(info.name(), "default");
  EXPECT_EQ(info.bundle_id(), bundle_->id);
  EXPECT_EQ(info.recipe(), "test");
  EXPECT_EQ(info.backbone(), "pooled_linear");
  EXPECT_EQ(info.dim(), 16u);
  EXPECT_EQ(info.image_size(), 16u);
  EXPECT_EQ(info.items(), 300u);
  EXPECT_EQ(info.classes(), 6u);
  EXPECT_EQ(info.attributes(), 4u);
  EXPECT_EQ(info.index(), "Flat");
  EXPECT_EQ(info.created(), "2026-11-23T10:15:00Z");
}

}  // namespace
}  // namespace lookbook
