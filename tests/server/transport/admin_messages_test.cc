#include "server/transport/admin_messages.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(AdminMessagesTest, ARootListsItsBundlesAndMarksWhatIsServed) {
  BundleListing listing;
  listing.left_out = 3;
  listing.bundles = {{.id = "id-2",
                      .created = "2026-11-23T10:15:00Z",
                      .recipe = "quick",
                      .backbone = "resnet50",
                      .index = "Flat",
                      .items = 40,
                      .bytes = 1000,
                      .current = true},
                     {.id = "id-1", .defect = "cut", .previous = true}};
  v1::StoredRoot root;
  FillRoot("default", "/srv/bundles", "id-1", listing, &root);
  EXPECT_EQ(root.name(), "default");
  EXPECT_EQ(root.path(), "/srv/bundles");
  EXPECT_EQ(root.active_bundle_id(), "id-1");
  EXPECT_EQ(root.left_out(), 3u);
  ASSERT_EQ(root.bundles_size(), 2);
  const v1::StoredBundle& newer = root.bundles(0);
  EXPECT_EQ(newer.bundle_id(), "id-2");
  EXPECT_EQ(newer.created(), "2026-11-23T10:15:00Z");
  EXPECT_EQ(newer.recipe(), "quick");
  EXPECT_EQ(newer.backbone(), "resnet50");
  EXPECT_EQ(newer.index(), "Flat");
  EXPECT_EQ(newer.items(), 40u);
  EXPECT_EQ(newer.bytes(), 1000u);
  EXPECT_TRUE(newer.current() && !newer.active() && !newer.previous());
  const v1::StoredBundle& live = root.bundles(1);
  EXPECT_TRUE(live.active() && live.previous() && !live.current());
  EXPECT_EQ(live.defect(), "cut");
}

TEST(AdminMessagesTest, AnActivationSaysWhatIsLiveAndWhatWas) {
  v1::Activation message;
  FillActivation("default", {"id-2", "id-1", true, 1.5}, &message);
  EXPECT_EQ(message.name(), "default");
  EXPECT_EQ(message.bundle_id(), "id-2");
  EXPECT_EQ(message.replaced_bundle_id(), "id-1");
  EXPECT_TRUE(message.changed());
  EXPECT_EQ(message.seconds(), 1.5);
}

}  // namespace
}  // namespace lookbook
