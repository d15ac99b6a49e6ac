#include "models/evaluate/bundle_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/indexing/colour_embedder.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BundleEvaluatorTest : public ::testing::Test {
 protected:
  BundleEvaluatorTest() { spec_.size = 16; }
  ServedModel Model() { return {embedder_, spec_, ColourLabels()}; }
  TempDir dir_;
  PreprocessSpec spec_;
  ColourEmbedder embedder_{16};
};

TEST_F(BundleEvaluatorTest, PerfectModelScoresOne) {
  LB_ASSERT_OK_AND_ASSIGN(const ModelEvaluation got,
                          EvaluateModel(Model(), ColourLabels(), WriteColours(dir_, 12),
                                        {.split = "holdout", .threads = 2}));
  EXPECT_EQ(got.set.split, "holdout");
  EXPECT_EQ(got.set.images, 12);
  EXPECT_EQ(got.set.classification.map, 1);
  EXPECT_EQ(got.set.classification.f1_macro, 1);
  EXPECT_EQ(got.set.retrieval.rule(Relevance::kExact).recall_at_1, 1);
  EXPECT_GT(got.images_per_second, 0);
}

TEST_F(BundleEvaluatorTest, ColumnsAreMatchedByIdNotByPlace) {
  // The set lists the same classes in another order.
  LabelSpace other{{{30, "blue", ""}, {20, "red", ""}, {10, "green", ""}}, {}};
  std::vector<ImageRecord> images = WriteColours(dir_, 6);
  for (ImageRecord& image : images) image.classes = {(image.classes[0] + 1) % 3};
  LB_ASSERT_OK_AND_ASSIGN(const ModelEvaluation got, EvaluateModel(Model(), other, images, {}));
  EXPECT_EQ(got.set.classification.map, 1);
  images[0].classes = {0, 1, 2};
  LB_ASSERT_OK_AND_ASSIGN(const auto translated, TranslateLabels(other, ColourLabels(), images));
  EXPECT_THAT(translated[0].classes, ElementsAre(0, 1, 2));
}

TEST_F(BundleEvaluatorTest, AClassTheModelDoesNotKnowIsNamed) {
  LabelSpace other = ColourLabels();
  other.classes[0] = {99, "violet", ""};
  EXPECT_THAT(EvaluateModel(Model(), other, WriteColours(dir_, 3), {}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("image c100 carries class 99 (violet)")));
  // One that no image carries does not matter.
  LabelSpace more = ColourLabels();
  more.classes.push_back({99, "violet", ""});
  EXPECT_THAT(EvaluateModel(Model(), more, WriteColours(dir_, 3), {}), IsOk());
}

TEST_F(BundleEvaluatorTest, UnreadableImagesAreLeftOutAndNamed) {
  std::vector<ImageRecord> images = WriteColours(dir_, 6);
  ASSERT_THAT(WriteFile(images[2].path, "broken"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const ModelEvaluation got,
                          EvaluateModel(Model(), ColourLabels(), images, {}));
  EXPECT_EQ(got.set.images, 5);
  EXPECT_EQ(got.set.classification.support[2], 1);
  EXPECT_THAT(got.unreadable, ElementsAre(HasSubstr("c102")));
}

TEST_F(BundleEvaluatorTest, ErrorsOfTheModelComeBack) {
  embedder_.fail_at_call = 1;
  EXPECT_THAT(EvaluateModel(Model(), ColourLabels(), WriteColours(dir_, 3), {}),
              StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace lookbook
