#include "server/metrics/image_series.h"

#include <gtest/gtest.h>

#include "server/metrics/closed_set.h"

namespace lookbook {
namespace {

TEST(ImageSeriesTest, KnownReasonsHaveTheirOwnSeriesAndOthersShareOne) {
  EXPECT_EQ(IndexOrLast(kRejectReasons, "empty_image"), 0u);
  EXPECT_STREQ(kRejectReasons[IndexOrLast(kRejectReasons, "truncated")], "truncated");
  EXPECT_STREQ(kRejectReasons[IndexOrLast(kRejectReasons, "no such reason")], "other");
  EXPECT_STREQ(kRejectReasons[IndexOrLast(kRejectReasons, "")], "other");
}

TEST(ImageSeriesTest, FormatsHaveOneSeriesForEachResult) {
  prometheus::Registry registry;
  ImageSeries series(registry);
  series.formats[1].rejected.Add();
  for (const auto& family : registry.Collect()) {
    if (family.name != "lookbook_images_total") continue;
    EXPECT_EQ(family.metric.size(), 2 * kImageFormats.size());
  }
  EXPECT_EQ(series.formats[1].rejected.Value(), 1);
  EXPECT_EQ(series.formats[1].decoded.Value(), 0);
  EXPECT_EQ(series.formats[0].rejected.Value(), 0);
}

}  // namespace
}  // namespace lookbook
