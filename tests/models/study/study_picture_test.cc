#include "models/study/study_picture.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

TEST(StudyPictureTest, IsTheWholePictureAtMost128PixelsWide) {
  TempDir dir;
  ASSERT_THAT(WriteFile(dir / "a.jpg", *EncodeJpeg(SolidImage(640, 320, 10, 200, 10), 90)), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage image, DecodeImage(ThumbnailOf(dir / "a.jpg"), {}));
  EXPECT_EQ(image.image.width, 128);
  EXPECT_EQ(image.image.height, 64);
  EXPECT_GT(image.image.rgb[1], 150) << "green";
}

TEST(StudyPictureTest, WhatCannotBeReadIsEmpty) {
  TempDir dir;
  EXPECT_EQ(ThumbnailOf(dir / "absent.jpg"), "");
  ASSERT_THAT(WriteFile(dir / "broken.jpg", "no picture"), IsOk());
  EXPECT_EQ(ThumbnailOf(dir / "broken.jpg"), "");
}

}  // namespace
}  // namespace lookbook
