#include "models/study/unlabelled_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "models/report/render_page.h"
#include "tests/models/study/colour_bundle.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class UnlabelledStudyTest : public ::testing::Test {
 protected:
  UnlabelledStudyTest() {
    images_ = WriteColours(dir_, 30);
    bundle_ = MakeColourBundle(index_dir_ / "index", images_);
  }
  TempDir dir_, index_dir_;
  std::vector<ImageRecord> images_;
  std::unique_ptr<Bundle> bundle_;
};

TEST_F(UnlabelledStudyTest, ShowsTwentyFourAtEvenDistances) {
  LB_ASSERT_OK_AND_ASSIGN(const UnlabelledStudy study, StudyUnlabelled(*bundle_, images_, 1));
  EXPECT_EQ(study.problem, "");
  EXPECT_EQ(study.pictures, 30);
  ASSERT_THAT(study.shown, SizeIs(24));
  EXPECT_EQ(study.shown[0].id, "c100");
  EXPECT_EQ(study.shown[4].id, "c105");
  EXPECT_EQ(study.shown[23].id, "c128");
  for (const ScoredPicture& picture : study.shown) EXPECT_NE(PictureUri(picture.file), "");
}

// Scores are 0.9 for the leading colour and 0.1 for the others.
TEST_F(UnlabelledStudyTest, PredictedIsWhatIsAboveItsClassesThreshold) {
  LB_ASSERT_OK_AND_ASSIGN(UnlabelledStudy study, StudyUnlabelled(*bundle_, images_, 1));
  ASSERT_THAT(study.shown[0].labels, SizeIs(2)) << "red, and the best of the others";
  EXPECT_EQ(study.shown[0].labels[0].name, "red");
  EXPECT_TRUE(study.shown[0].labels[0].predicted);
  EXPECT_FLOAT_EQ(study.shown[0].labels[0].score, 0.9f);
  EXPECT_FALSE(study.shown[0].labels[1].predicted);
  bundle_->manifest.mutable_classes(0)->set_threshold(0.95f);    // red
  bundle_->manifest.mutable_classes(2)->set_threshold(0.0625f);  // blue
  LB_ASSERT_OK_AND_ASSIGN(study, StudyUnlabelled(*bundle_, images_, 1));
  ASSERT_THAT(study.shown[0].labels, SizeIs(2));
  EXPECT_EQ(study.shown[0].labels[0].name, "blue") << "predicted, though its score is lower";
  EXPECT_TRUE(study.shown[0].labels[0].predicted);
  EXPECT_EQ(study.shown[0].labels[1].name, "red");
  EXPECT_FALSE(study.shown[0].labels[1].predicted);
}

TEST_F(UnlabelledStudyTest, TheBestAttributesWhereTheBundleScoresThem) {
  const TempDir dir;
  const auto scoring = MakeColourBundle(dir / "index", images_, /*attributes=*/5);
  images_.resize(3);
  ASSERT_THAT(WriteFile(images_[1].path, "broken"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(UnlabelledStudy study, StudyUnlabelled(*scoring, images_, 1));
  ASSERT_THAT(study.shown, SizeIs(3));
  const auto text = [](const ScoredPicture& picture) {
    std::string out;
    for (const ScoredLabel& entry : picture.attributes)
      absl::StrAppend(&out, entry.name, entry.predicted ? "!" : " ", entry.score, "; ");
    return out;
  };
  EXPECT_EQ(text(study.shown[0]), "a0 0.75; a3 0.75; a1 0.25; ") << "red; ties by the manifest";
  EXPECT_EQ(text(study.shown[1]), "") << "cannot be read";
  EXPECT_EQ(text(study.shown[2]), "a2 0.75; a0 0.25; a1 0.25; ") << "blue";
  LB_ASSERT_OK_AND_ASSIGN(study, StudyUnlabelled(*bundle_, images_, 1));
  EXPECT_EQ(text(study.shown[0]), "") << "this bundle scores none";
}

TEST_F(UnlabelledStudyTest, APictureThatCannotBeReadSaysWhy) {
  images_.resize(3);
  ASSERT_THAT(WriteFile(images_[1].path, "broken"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(UnlabelledStudy study, StudyUnlabelled(*bundle_, images_, 1));
  ASSERT_THAT(study.shown, SizeIs(3));
  EXPECT_EQ(study.shown[1].file, "");
  EXPECT_NE(study.shown[1].error, "");
  EXPECT_EQ(study.shown[1].error.find("c101"), std::string::npos) << "the id is the title already";
  EXPECT_EQ(study.shown[2].labels[0].name, "blue") << "scores stay with their pictures";
  for (const ImageRecord& image : images_) ASSERT_THAT(WriteFile(image.path, "broken"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(study, StudyUnlabelled(*bundle_, images_, 1));
  EXPECT_THAT(study.problem, HasSubstr("none of 3 images can be read"));
}

TEST_F(UnlabelledStudyTest, NoPictureIsAProblemNotAnError) {
  LB_ASSERT_OK_AND_ASSIGN(const UnlabelledStudy study, StudyUnlabelled(*bundle_, {}, 1));
  EXPECT_NE(study.problem, "");
}

}  // namespace
}  // namespace lookbook
