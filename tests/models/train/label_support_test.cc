#include "models/train/label_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(LabelSupportTest, CountsTheRowsAskedForAndOnlyKnownAttributes) {
  FashionData data;
  data.labels = {{{1, "a", ""}, {2, "b", ""}}, {{3, "c", ""}}};
  data.images = {{.classes = {0, 1}, .attributes = {0}, .attributes_known = true},
                 {.classes = {1}, .attributes_known = true},
                 {.classes = {1}, .attributes_known = false},
                 {.classes = {0}, .attributes = {0}, .attributes_known = true}};
  const LabelSupport classes = CountClasses(data, {0, 1, 2});
  EXPECT_THAT(classes.counts, ElementsAre(1, 3));
  EXPECT_EQ(classes.images, 3);
  const LabelSupport attributes = CountAttributes(data, {0, 1, 2});
  EXPECT_THAT(attributes.counts, ElementsAre(1));
  EXPECT_EQ(attributes.images, 2);
  EXPECT_THAT(CountClasses(data, {}).counts, ElementsAre(0, 0));
}

}  // namespace
}  // namespace lookbook
