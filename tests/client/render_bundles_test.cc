#include "client/render_bundles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

v1::StoredBundle* Add(v1::StoredRoot* root, const std::string& id) {
  v1::StoredBundle* bundle = root->add_bundles();
  bundle->set_bundle_id(id);
  bundle->set_recipe("quick");
  bundle->set_items(8000);
  bundle->set_bytes(12'340'000);
  return bundle;
}

TEST(RenderBundlesTest, WhatIsLiveIsMarked) {
  v1::ListBundlesResponse response;
  v1::StoredRoot* root = response.add_roots();
  root->set_name("default");
  root->set_path("/srv/bundles");
  root->set_left_out(7);
  Add(root, "id-3")->set_current(true);
  Add(root, "id-2")->set_active(true);
  v1::StoredBundle* live = Add(root, "id-1");
  live->set_previous(true);
  Add(root, "id-0")->set_defect("manifest.json: \x1b[31mcut");
  response.add_roots()->set_name("empty");
  const std::string text = RenderBundles(response, {});
  EXPECT_THAT(text,
              AllOf(HasSubstr("default  /srv/bundles\n"), ContainsRegex("id-3 +CURRENT"),
                    ContainsRegex("id-2 +active, not CURRENT"), ContainsRegex("id-1 +previous"),
                    ContainsRegex("quick .* 8000 +12.3 MB"), HasSubstr("and 7 older ones")));
  EXPECT_THAT(text, HasSubstr("manifest.json: ?[31mcut")) << "nothing a terminal would obey";
  EXPECT_THAT(text, HasSubstr("empty  \n  no bundle\n"));
}

TEST(RenderBundlesTest, ActiveAndCurrentIsActiveAlone) {
  v1::ListBundlesResponse response;
  v1::StoredBundle* bundle = Add(response.add_roots(), "id-1");
  bundle->set_active(true);
  bundle->set_current(true);
  EXPECT_THAT(RenderBundles(response, {}), AllOf(HasSubstr("active"), Not(HasSubstr("CURRENT"))));
}

TEST(RenderActivationTest, SaysWhatIsLiveAndWhatWas) {
  v1::Activation activation;
  activation.set_name("default");
  activation.set_bundle_id("id-2");
  EXPECT_EQ(RenderActivation(activation, {}), "default: id-2 is live already\n");
  activation.set_changed(true);
  activation.set_seconds(1.25);
  EXPECT_EQ(RenderActivation(activation, {}), "default: id-2 is live after 1.2 s\n");
  activation.set_replaced_bundle_id("id-1");
  EXPECT_EQ(RenderActivation(activation, {}), "default: id-2 is live after 1.2 s (it was id-1)\n");
}

}  // namespace
}  // namespace lookbook
