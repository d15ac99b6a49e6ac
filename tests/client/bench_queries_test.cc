#include "client/bench_queries.h"

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class BenchQueriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(WriteFile(dir_ / "a.jpg", "AAA"), IsOk());
    ASSERT_THAT(WriteFile(dir_ / "b.jpg", "BB"), IsOk());
    shared_.set_top_k(7);
  }

  TempDir dir_;
  v1::SearchRequest shared_;
};

TEST_F(BenchQueriesTest, PicturesAndItemsBecomeRequestsThatShareTheRest) {
  LB_ASSERT_OK_AND_ASSIGN(
      const BenchQueries queries,
      LoadQueries(ListSources({dir_.path()}, {"train/1"}), /*include_self=*/false, shared_));
  ASSERT_EQ(queries.requests.size(), 3u);
  EXPECT_EQ(queries.requests[0].image(), "AAA");
  EXPECT_EQ(queries.requests[1].image(), "BB");
  EXPECT_EQ(queries.requests[2].item_id(), "train/1");
  EXPECT_TRUE(queries.requests[2].exclude_self());
  EXPECT_EQ(queries.requests[2].top_k(), 7u);
  EXPECT_EQ(queries.bytes, 5u);
}

TEST_F(BenchQueriesTest, APictureThatIsNotThereFailsAllAndIsNamed) {
  EXPECT_THAT(LoadQueries(ListSources({dir_ / "a.jpg", dir_ / "none.jpg"}, {}), false, shared_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.jpg: no such file")));
}

TEST_F(BenchQueriesTest, MemoryIsBounded) {
  const auto sources = ListSources({dir_.path()}, {});
  EXPECT_THAT(LoadQueries(sources, false, shared_, /*max_bytes=*/5), IsOk());
  EXPECT_THAT(LoadQueries(sources, false, shared_, /*max_bytes=*/4),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than 4 bytes")));
}

}  // namespace
}  // namespace lookbook
