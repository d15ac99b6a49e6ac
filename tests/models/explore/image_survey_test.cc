#include "models/explore/image_survey.h"

#include "models/dataset/perceptual_hash.h"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class ImageSurveyTest : public ::testing::Test {
 protected:
  void Add(const std::string& path) { images_.emplace_back().path = path; }
  SmallSet set_;
  std::vector<SurveyedImage> images_;
};

TEST_F(ImageSurveyTest, ReadsSizesAndHashes) {
  for (const char* name : {"train/a.jpg", "train/d.jpg", "train/c.jpg", "test/u1.jpg"})
    Add(set_ / name);
  ASSERT_THAT(SurveyImages({.threads = 2}, &images_), IsOk());
  EXPECT_EQ(images_[0].width, 40);
  EXPECT_EQ(images_[0].height, 30);
  EXPECT_EQ(images_[0].bytes, static_cast<int64_t>(*FileSize(set_ / "train/a.jpg")));
  EXPECT_EQ(images_[0].hash, images_[1].hash);
  EXPECT_LE(HashDistance(images_[2].hash, images_[3].hash), 4);
  EXPECT_GT(HashDistance(images_[0].hash, images_[2].hash), 4);
}

TEST_F(ImageSurveyTest, ABadPictureGetsAnErrorAndTheOthersGoOn) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(set_ / "train/c.jpg"));
  set_.Write("text.jpg", "not an image");
  set_.Write("empty.jpg", "");
  set_.Write("cut.jpg", good.substr(0, good.size() / 2));
  for (const char* name : {"text.jpg", "empty.jpg", "cut.jpg", "gone.jpg", "train/a.jpg"})
    Add(set_ / name);
  ASSERT_THAT(SurveyImages({.threads = 2}, &images_), IsOk());
  for (int i = 0; i < 4; ++i) {
    EXPECT_NE(images_[i].error, "") << images_[i].path;
    EXPECT_EQ(images_[i].width, 0) << images_[i].path;
  }
  EXPECT_THAT(images_[1].error, HasSubstr("no bytes"));
  EXPECT_EQ(images_[4].error, "");
  EXPECT_EQ(images_[4].width, 40);
}

TEST_F(ImageSurveyTest, HeadersAloneAreEnoughForSizes) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(set_ / "train/c.jpg"));
  set_.Write("cut.jpg", good.substr(0, good.size() - 100));
  Add(set_ / "cut.jpg");
  ASSERT_THAT(SurveyImages({.threads = 1, .hashes = false}, &images_), IsOk());
  EXPECT_EQ(images_[0].width, 200);
  EXPECT_EQ(images_[0].error, "") << "what is missing further in is not looked at";
  EXPECT_EQ(images_[0].hash, 0u);
}

TEST_F(ImageSurveyTest, RefusesNoThreads) {
  Add(set_ / "train/a.jpg");
  EXPECT_THAT(SurveyImages({.threads = 0}, &images_), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
