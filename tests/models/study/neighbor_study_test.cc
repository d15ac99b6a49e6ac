#include "models/study/neighbor_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/report/render_page.h"
#include "tests/models/study/colour_bundle.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Twelve items, four of each colour, and six queries of which the last says that it is blue, but
// is red.
class NeighborStudyTest : public ::testing::Test {
 protected:
  NeighborStudyTest() {
    items_ = WriteColours(items_dir_, 12);
    queries_ = WriteColours(query_dir_, 6);
    for (ImageRecord& query : queries_) query.id = "q" + query.id;
    queries_[3].classes = {2};  // Image 3 is red.
    bundle_ = MakeColourBundle(index_dir_ / "index", items_);
  }
  absl::StatusOr<NeighborStudy> Study(const NeighborOptions& options = {}) {
    return StudyNeighbors(*bundle_, ColourLabels(), queries_, options);
  }
  static std::vector<std::string> Ids(const std::vector<StudyQuery>& queries) {
    std::vector<std::string> out;
    for (const StudyQuery& query : queries) out.push_back(query.picture.id);
    return out;
  }

  TempDir items_dir_, query_dir_, index_dir_;
  std::vector<ImageRecord> items_, queries_;
  std::unique_ptr<Bundle> bundle_;
};

TEST_F(NeighborStudyTest, AnswersAreTheIndexsWithLabelsAndPictures) {
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy study, Study());
  EXPECT_EQ(study.queries, 6);
  EXPECT_EQ(study.items, 12);
  const StudyQuery& red = study.fixed[0];
  EXPECT_EQ(red.picture.id, "qc100");
  EXPECT_THAT(red.picture.labels, ElementsAre("red"));
  EXPECT_NE(PictureUri(red.picture.file), "");
  ASSERT_THAT(red.answers, SizeIs(5));
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(red.answers[i].picture.labels, ElementsAre("red")) << i;
    EXPECT_NE(PictureUri(red.answers[i].picture.file), "") << i;
  }
  EXPECT_THAT(red.answers[4].picture.labels, Not(ElementsAre("red")));
  EXPECT_GT(red.answers[0].similarity, 0.999f);
  EXPECT_NEAR(red.overlap, 0.8, 1e-12) << "four of five share the one label";
}

TEST_F(NeighborStudyTest, TheWorstIsTheOneWhoseLabelsNoAnswerShares) {
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy study, Study());
  EXPECT_EQ(study.worst[0].picture.id, "qc103");
  // Its fifth answer may be of either other colour.
  EXPECT_LE(study.worst[0].overlap, 0.2);
  EXPECT_EQ(study.best.back().picture.id, "qc103");
  EXPECT_EQ(study.best[0].picture.id, "qc100") << "of equal ones the first by id";
  EXPECT_NEAR(study.overlap, (5 * 0.8 + study.worst[0].overlap) / 6, 1e-12);
}

TEST_F(NeighborStudyTest, OfEquallyGoodOnesTheRicherQueryComesFirst) {
  for (ImageRecord& item : items_) item.classes = {0, 1, 2};
  for (ImageRecord& query : queries_) query.classes = {0, 1, 2};
  queries_[1].classes = {0, 1, 2};
  queries_[0].classes = {0};
  bundle_ = MakeColourBundle(index_dir_ / "rich", items_);
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy study, Study());
  EXPECT_EQ(study.best[0].picture.id, "qc101");
  EXPECT_EQ(study.worst[0].picture.id, "qc100") << "a third of the labels is shared";
  EXPECT_NEAR(study.worst[0].overlap, 1.0 / 3, 1e-12);
}

TEST_F(NeighborStudyTest, APictureDoesNotAnswerItself) {
  queries_ = items_;
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy study, Study());
  for (const StudyQuery& query : study.fixed) {
    for (const StudyAnswer& answer : query.answers) EXPECT_NE(answer.picture.id, query.picture.id);
  }
  // The same id, but another file: it is no item.
  queries_ = WriteColours(query_dir_, 6);
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy other, Study());
  EXPECT_EQ(other.fixed[0].answers[0].picture.id, other.fixed[0].picture.id);
}

TEST_F(NeighborStudyTest, FixedQueriesDoNotDependOnOrderOrSample) {
  queries_ = WriteColours(query_dir_, 30);
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy all, Study());
  const std::vector<std::string> want = {"c100", "c103", "c107", "c111",
                                         "c115", "c118", "c122", "c126"};
  EXPECT_EQ(Ids(all.fixed), want);
  EXPECT_EQ(all.queries, 30);
  std::reverse(queries_.begin(), queries_.end());
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy sample, Study({.most_queries = 4}));
  EXPECT_EQ(Ids(sample.fixed), want);
  EXPECT_EQ(sample.queries, 8) << "places 0, 7, 15 and 22 are among the eight fixed ones";
}

TEST_F(NeighborStudyTest, UnreadablePicturesAreLeftOut) {
  ASSERT_THAT(WriteFile(queries_[0].path, "broken"), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy study, Study());
  EXPECT_EQ(study.queries, 5);
  EXPECT_THAT(study.fixed, SizeIs(5));
  for (const ImageRecord& query : queries_) ASSERT_THAT(WriteFile(query.path, "broken"), IsOk());
  EXPECT_THAT(Study(), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(EvenPlacesTest, AreSpreadOverTheWhole) {
  EXPECT_THAT(EvenPlaces(10, 5), ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(EvenPlaces(3, 5), ElementsAre(0, 1, 2));
  EXPECT_THAT(EvenPlaces(0, 5), IsEmpty());
}

}  // namespace
}  // namespace lookbook
