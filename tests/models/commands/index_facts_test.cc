#include "models/commands/index_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(IndexFactsTest, ReadsWhatItWrote) {
  TempDir dir;
  IndexFacts facts{.items = 42, .unreadable = {"a: why"}, .recall = {}};
  ASSERT_THAT(WriteIndexFacts(dir / "index.json", facts), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const IndexFacts flat, ReadIndexFacts(dir / "index.json"));
  EXPECT_EQ(flat.items, 42);
  EXPECT_THAT(flat.unreadable, ElementsAre("a: why"));
  EXPECT_FALSE(flat.recall.has_value());
  facts.recall =
      IndexRecall{.search = "nprobe=8", .recall = 0.9625, .queries = 800, .source = "validation"};
  ASSERT_THAT(WriteIndexFacts(dir / "index.json", facts), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const IndexFacts back, ReadIndexFacts(dir / "index.json"));
  ASSERT_TRUE(back.recall.has_value());
  EXPECT_EQ(back.recall->search, "nprobe=8");
  EXPECT_EQ(back.recall->recall, 0.9625);
  EXPECT_EQ(back.recall->queries, 800);
  EXPECT_EQ(back.recall->source, "validation");
}

TEST(IndexFactsTest, DamageIsDataLoss) {
  TempDir dir;
  for (const char* text :
       {"", "{", "[]", "{\"items\": 1}", "{\"items\": \"x\", \"unreadable\": []}",
        "{\"items\": 1, \"unreadable\": [], \"recall_at_10\": 1}"}) {
    ASSERT_THAT(WriteFile(dir / "index.json", text), IsOk());
    EXPECT_THAT(ReadIndexFacts(dir / "index.json"),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("index.json")))
        << text;
  }
  EXPECT_THAT(ReadIndexFacts(dir / "none"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(IndexFactsTest, DescribesAnIndexInALine) {
  IndexFacts facts;
  EXPECT_EQ(DescribeIndex("Flat", facts), "Flat, exact");
  facts.recall =
      IndexRecall{.search = "nprobe=8", .recall = 0.9625, .queries = 800, .source = "validation"};
  EXPECT_EQ(DescribeIndex("IVF64,Flat", facts),
            "IVF64,Flat, nprobe=8: recall@10 0.963 (of 800 queries: validation)");
  facts.recall->recall = 0.9;
  EXPECT_EQ(DescribeIndex("IVF64,Flat", facts),
            "IVF64,Flat, nprobe=8: recall@10 0.900 (of 800 queries: validation); below 0.95, and "
            "nothing larger was tried");
  facts.recall->search = "";
  EXPECT_EQ(DescribeIndex("SQ8", facts),
            "SQ8: recall@10 0.900 (of 800 queries: validation); below 0.95");
}

}  // namespace
}  // namespace lookbook
