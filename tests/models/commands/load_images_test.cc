#include "models/commands/load_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "models/dataset/synth.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class LoadImagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SynthOptions options = TinySynthOptions(dir_ / "data");
    options.train = 20;
    options.holdout = options.unlabelled = 0;
    ASSERT_THAT(SynthesizeOutfits(options), IsOk());
    recipe_.root = dir_ / "data";
    recipe_.image_size = spec_.size = 32;
    LB_ASSERT_OK_AND_ASSIGN(data_, ReadImaterialist(recipe_.root, "train.csv", "train"));
  }
  std::vector<std::string> Prepared() {
    return ListDirectory(dir_ / "data/prepared").value_or(std::vector<std::string>{});
  }

  TempDir dir_;
  DataRecipe recipe_;
  PreprocessSpec spec_;
  FashionData data_;
};

TEST_F(LoadImagesTest, MemoryAndDiskHoldTheSamePixels) {
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages ram, LoadImages(recipe_, data_, spec_, 2));
  EXPECT_TRUE(Prepared().empty());
  recipe_.cache = "disk";
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages made, LoadImages(recipe_, data_, spec_, 2));
  EXPECT_TRUE(made.made);
  EXPECT_THAT(Prepared(), ElementsAre("train-32-squish.images"));
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages found, LoadImages(recipe_, data_, spec_, 2));
  EXPECT_FALSE(found.made);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(found.cache->pixels(i), ram.cache->pixels(i)) << i;
}

TEST_F(LoadImagesTest, TheFolderMayLieElsewhere) {
  recipe_.cache = "disk";
  recipe_.cache_dir = dir_ / "scratch";
  ASSERT_THAT(LoadImages(recipe_, data_, spec_, 2), IsOk());
  EXPECT_TRUE(Prepared().empty());
  EXPECT_TRUE(PathExists(dir_ / "scratch/train-32-squish.images"));
}

TEST_F(LoadImagesTest, AStaleFileIsSaidInOneLine) {
  recipe_.cache = "disk";
  ASSERT_THAT(LoadImages(recipe_, data_, spec_, 2), IsOk());
  data_.sha256 = "other labels";
  ::testing::internal::CaptureStderr();
  LB_ASSERT_OK_AND_ASSIGN(const PreparedImages again, LoadImages(recipe_, data_, spec_, 2));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("is stale: "));
  EXPECT_TRUE(again.made);
}

TEST_F(LoadImagesTest, UnreadablePicturesAreNamedByBoth) {
  ASSERT_THAT(WriteFile(data_.images[3].path, "broken"), IsOk());
  for (const char* cache : {"ram", "disk", "disk"}) {
    recipe_.cache = cache;
    LB_ASSERT_OK_AND_ASSIGN(const PreparedImages images, LoadImages(recipe_, data_, spec_, 2));
    ASSERT_THAT(images.unreadable, SizeIs(1)) << cache;
    EXPECT_EQ(images.unreadable[0].row, 3);
    EXPECT_THAT(images.unreadable[0].why, HasSubstr(data_.images[3].path + ": ")) << cache;
  }
}

}  // namespace
}  // namespace lookbook
