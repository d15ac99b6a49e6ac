#include "models/study/study_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Texts(const std::vector<StudyPair>& pairs) {
  std::vector<std::string> out;
  for (const StudyPair& pair : pairs) out.push_back(pair.a + ":" + pair.b);
  return out;
}

TEST(StudyPairsTest, AStudyRowStandsBehindOurs) {
  EXPECT_THAT(SideBySide({"study_b", "a", "study_c", "b"}),
              ElementsAre("a", "study_c", "b", "study_b"));
}

TEST(StudyPairsTest, QuestionsOfRowsThatAreThere) {
  EXPECT_THAT(
      Texts(StudyPairs({"bce", "study_triplet", "triplet", "random_probe", "resnet50_frozen"})),
      ElementsAre("random_probe:resnet50_frozen", "bce:triplet", "study_triplet:triplet"));
}

TEST(StudyPairsTest, EveryLossIsAskedForAgainstBce) {
  EXPECT_THAT(Texts(StudyPairs({"graded", "mobilenet_v2_pretrained", "lp_ft_asl", "bce", "asl"})),
              ElementsAre("bce:graded", "bce:asl", "mobilenet_v2_pretrained:lp_ft_asl"));
}

TEST(StudyPairsTest, APairOfTheCallers) {
  LB_ASSERT_OK_AND_ASSIGN(const StudyPair pair, ParsePair("x:y", {"y", "x"}));
  EXPECT_EQ(pair.a, "x");
  EXPECT_EQ(pair.b, "y");
  for (const char* bad : {"x", "x:y:x", "x:z"}) {
    EXPECT_THAT(ParsePair(bad, {"y", "x"}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad)));
  }
}

TEST(StudyPairsTest, AClaimStandsWhereTheIntervalExcludesZero) {
  EXPECT_EQ(Verdict({.difference = {0.1, 0.05, 0.2}, .p = 0.01}), "B is better");
  EXPECT_EQ(Verdict({.difference = {-0.1, -0.2, -0.05}, .p = 0.01}), "A is better");
  EXPECT_EQ(Verdict({.difference = {0.1, -0.01, 0.2}, .p = 0.06}), "no claim");
  EXPECT_EQ(Verdict({.difference = {0.1, 0, 0.2}, .p = 0.05}), "no claim");
}

TEST(StudyPairsTest, TheTablesShowFourMetricsInTheirOrder) {
  Comparison comparison;
  for (const char* name : {"wap_at_10", "ndcg_at_10", "map", "f1_macro", "recall_at_1_j50"})
    comparison.metrics.push_back({name, {}});
  std::vector<std::string> names;
  for (const MetricComparison& metric : HeadlineMetrics(comparison)) names.push_back(metric.metric);
  EXPECT_THAT(names, ElementsAre("map", "f1_macro", "recall_at_1_j50", "ndcg_at_10"));
}

}  // namespace
}  // namespace lookbook
