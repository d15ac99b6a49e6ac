#include "client/recall_statement.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Optional;

v1::BundleInfo WithIndex(const std::string& index) {
  v1::BundleInfo bundle;
  bundle.set_index(index);
  return bundle;
}

TEST(RecallStatementTest, AFlatIndexIsExactByDefinition) {
  const RecallStatement statement = StateRecall(WithIndex("Flat"));
  EXPECT_THAT(statement.recall, Optional(1.0));
  EXPECT_EQ(RecallLine(statement), "recall: 1 (index Flat is exact)");
}

TEST(RecallStatementTest, OfAnotherIndexItIsWhatTheBundleSaysWithItsSearch) {
  v1::BundleInfo bundle = WithIndex("IVF64,Flat");
  bundle.set_index_search("nprobe=8");
  bundle.set_index_recall_at_10(0.9614);
  EXPECT_THAT(StateRecall(bundle).recall, Optional(0.9614));
  EXPECT_EQ(RecallLine(StateRecall(bundle)),
            "recall: 0.9614 (index IVF64,Flat nprobe=8, recall@10 of plain searches, measured when "
            "the bundle was made)");
  bundle.clear_index_recall_at_10();
  EXPECT_EQ(RecallLine(StateRecall(bundle)), "recall: not known (index IVF64,Flat nprobe=8)")
      << "the server was told to search otherwise";
}

TEST(RecallStatementTest, ARecallOfNothingIsStatedAsSuch) {
  v1::BundleInfo bundle = WithIndex("SQ8");
  bundle.set_index_recall_at_10(0);
  EXPECT_THAT(StateRecall(bundle).recall, Optional(0.0));
}

TEST(RecallStatementTest, NothingIsClaimedOfAnIndexWithoutMeasurement) {
  for (const char* index : {"HNSW32", "IVF256,Flat", "flat", ""}) {
    const RecallStatement statement = StateRecall(WithIndex(index));
    EXPECT_EQ(statement.recall, std::nullopt) << index;
    EXPECT_EQ(RecallLine(statement), std::string("recall: not known (index ") + index + ")");
  }
}

TEST(RecallStatementTest, ARecallFromElsewhereNamesItsBasis) {
  EXPECT_EQ(RecallLine({.recall = 0.9873, .index = "HNSW32", .basis = "measured when published"}),
            "recall: 0.9873 (index HNSW32, measured when published)");
}

}  // namespace
}  // namespace lookbook
