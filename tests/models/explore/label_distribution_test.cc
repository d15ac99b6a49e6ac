#include "models/explore/label_distribution.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(LabelDistributionTest, CountsLabelsAndWhatComesTogether) {
  FashionData data;
  data.labels.classes = {{6, "pants"}, {0, "shirt"}};
  data.labels.attributes = {{2, "plain"}, {5, "dotted"}, {7, "gem"}};
  data.class_rows = {5, 1};
  data.images.resize(3);
  data.images[0].classes = {0, 1};
  data.images[0].attributes = {1};
  data.images[0].attributes_known = true;
  data.images[1].classes = {0};
  data.images[2].classes = {0};
  data.images[2].attributes = {0, 1};
  data.images[2].attributes_known = true;
  const LabelDistribution labels = DescribeLabels(data);
  EXPECT_EQ(labels.images, 3);
  EXPECT_EQ(labels.attributes_known, 2);
  EXPECT_THAT(labels.classes_per_image, ElementsAre(0, 2, 1));
  EXPECT_THAT(labels.attributes_per_image, ElementsAre(0, 1, 1));
  EXPECT_NEAR(labels.mean_classes(), 4.0 / 3, 1e-12);
  EXPECT_NEAR(labels.mean_attributes(), 1.5, 1e-12);
  EXPECT_THAT(labels.class_images, ElementsAre(3, 1));
  EXPECT_THAT(labels.class_rows, ElementsAre(5, 1));
  EXPECT_THAT(labels.attribute_images, ElementsAre(1, 2, 0));
  EXPECT_THAT(labels.class_class, ElementsAre(3, 1, 1, 1));
  EXPECT_THAT(labels.class_attribute, ElementsAre(1, 2, 0, 0, 1, 0));
}

TEST(LabelDistributionTest, AnEmptySetHasNoLabels) {
  const LabelDistribution labels = DescribeLabels({});
  EXPECT_EQ(labels.mean_classes(), 0);
  EXPECT_EQ(labels.mean_attributes(), 0);
}

}  // namespace
}  // namespace lookbook
