#include "models/study/neighbor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/study/small_run.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(NeighborFileTest, FixedQueriesComeBackWithoutTheirPictures) {
  LB_ASSERT_OK_AND_ASSIGN(const NeighborStudy got,
                          NeighborsFromJson(NeighborsToJson(SmallRun().neighbors)));
  EXPECT_EQ(got.queries, 100);
  EXPECT_EQ(got.overlap, 0.5625);
  EXPECT_EQ(got.items, 1200);
  EXPECT_THAT(got.best, IsEmpty());
  ASSERT_EQ(got.fixed.size(), 1u);
  const StudyQuery& query = got.fixed[0];
  EXPECT_EQ(query.picture.id, "q_fixed");
  EXPECT_EQ(query.picture.path, "q_fixed.jpg");
  EXPECT_EQ(query.picture.file, "");
  EXPECT_THAT(query.picture.labels, ElementsAre("shirt", "bag"));
  EXPECT_EQ(query.overlap, 0.5);
  ASSERT_EQ(query.answers.size(), 2u);
  EXPECT_EQ(query.answers[0].picture.id, "near");
  EXPECT_EQ(query.answers[0].similarity, 0.75f);
  EXPECT_THAT(query.answers[1].picture.labels, ElementsAre("hat"));
}

TEST(NeighborFileTest, PathsThatAreNotUtf8DoNotEndIt) {
  NeighborStudy study = SmallRun().neighbors;
  study.fixed[0].picture.path = "caf\xe9.jpg";
  EXPECT_THAT(NeighborsFromJson(NeighborsToJson(study)), IsOk());
}

TEST(NeighborFileTest, OtherTextIsDataLoss) {
  EXPECT_THAT(NeighborsFromJson("nothing"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(NeighborsFromJson(R"({"queries": 1, "overlap": 0, "items": 2})"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("fixed")));
}

}  // namespace
}  // namespace lookbook
