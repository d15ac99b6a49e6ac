#include "models/explore/image_sizes.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SurveyedImage Sized(int width, int height) {
  SurveyedImage image;
  image.width = width;
  image.height = height;
  image.bytes = 10 * width;
  return image;
}

// As numpy.quantile gives them.
TEST(ImageSizesTest, QuantilesInterpolate) {
  const Quantiles q = QuantilesOf({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(q.min, 1);
  EXPECT_DOUBLE_EQ(q.p5, 1.15);
  EXPECT_DOUBLE_EQ(q.p25, 1.75);
  EXPECT_DOUBLE_EQ(q.median, 2.5);
  EXPECT_DOUBLE_EQ(q.p75, 3.25);
  EXPECT_DOUBLE_EQ(q.p95, 3.85);
  EXPECT_DOUBLE_EQ(q.max, 4);
  EXPECT_DOUBLE_EQ(q.mean, 2.5);
  EXPECT_DOUBLE_EQ(QuantilesOf({7}).median, 7);
  EXPECT_DOUBLE_EQ(QuantilesOf({}).max, 0);
}

TEST(ImageSizesTest, FindsExtremesAndTheCommonestSize) {
  const std::vector<SurveyedImage> images = {Sized(10, 10), Sized(30, 10),     Sized(0, 0),
                                             Sized(10, 10), Sized(5214, 3676), Sized(8, 8)};
  const ImageSizes sizes = DescribeSizes(images, 2);
  EXPECT_EQ(sizes.images, 5) << "the unreadable one does not count";
  EXPECT_THAT(sizes.smallest, ElementsAre(5, 0));
  EXPECT_THAT(sizes.largest, ElementsAre(4, 1));
  EXPECT_EQ(sizes.distinct, 4);
  EXPECT_EQ(sizes.commonest_width, 10);
  EXPECT_EQ(sizes.commonest_images, 2);
  EXPECT_EQ(sizes.width.max, 5214);
  EXPECT_EQ(sizes.pixels.max, 5214.0 * 3676);
  EXPECT_EQ(sizes.aspect.median, 1);
  EXPECT_EQ(sizes.bytes.min, 80);
}

TEST(ImageSizesTest, OutliersLieBeyondTheOuterFences) {
  std::vector<SurveyedImage> images;
  for (int i = 0; i < 100; ++i) images.push_back(Sized(400 + i, 400 + i));
  images.push_back(Sized(8, 8));          // 100
  images.push_back(Sized(10000, 10000));  // 101
  images.push_back(Sized(200, 1000));     // 102: an ordinary area, an odd shape.
  const ImageSizes sizes = DescribeSizes(images, 1);
  EXPECT_THAT(sizes.pixel_outliers, ElementsAre(100, 101)) << "the farther first";
  EXPECT_THAT(sizes.aspect_outliers, ElementsAre(102));
}

TEST(ImageSizesTest, EqualSizesHaveNoOutliers) {
  const ImageSizes sizes = DescribeSizes(std::vector<SurveyedImage>(20, Sized(64, 64)), 3);
  EXPECT_THAT(sizes.pixel_outliers, IsEmpty());
  EXPECT_THAT(sizes.aspect_outliers, IsEmpty());
  EXPECT_THAT(sizes.smallest, ElementsAre(0, 1, 2));
}

TEST(ImageSizesTest, NoReadablePictureIsFine) {
  const ImageSizes sizes = DescribeSizes(std::vector<SurveyedImage>(3), 2);
  EXPECT_EQ(sizes.images, 0);
  EXPECT_THAT(sizes.smallest, IsEmpty());
}

}  // namespace
}  // namespace lookbook
