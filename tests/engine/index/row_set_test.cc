#include "engine/index/row_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lookbook {
namespace {

RowSet MakeSet(int64_t rows, const std::set<int64_t>& members) {
  RowSet set(rows);
  for (int64_t row : members) set.Insert(row);
  return set;
}

std::set<int64_t> Members(const RowSet& set) {
  std::set<int64_t> members;
  for (int64_t row = 0; row < set.rows(); ++row) {
    if (set.Contains(row)) members.insert(row);
  }
  return members;
}

TEST(RowSetTest, StartsEmptyOrFullAtEverySize) {
  for (int64_t rows : {0, 1, 63, 64, 65, 127, 128, 1000}) {
    EXPECT_EQ(RowSet(rows).Count(), 0) << rows;
    EXPECT_EQ(RowSet(rows, true).Count(), rows) << rows;
    EXPECT_EQ(RowSet(rows, true).rows(), rows);
    EXPECT_EQ(RowSet(rows).words().size(), static_cast<size_t>((rows + 63) / 64));
  }
}

TEST(RowSetTest, AFullSetHasNoBitsPastItsRows) {
  EXPECT_EQ(RowSet(65, true).words()[1], 1u);
  EXPECT_EQ(RowSet(64, true).words()[0], ~uint64_t{0});
}

TEST(RowSetTest, InsertedRowsAreThereAndOnlyThey) {
  const std::set<int64_t> rows = {0, 1, 62, 63, 64, 100, 129};
  const RowSet set = MakeSet(130, rows);
  EXPECT_EQ(Members(set), rows);
  EXPECT_EQ(set.Count(), static_cast<int64_t>(rows.size()));
}

TEST(RowSetTest, UnionIntersectionAndDifference) {
  const RowSet a = MakeSet(130, {0, 5, 64, 129}), b = MakeSet(130, {5, 6, 129});
  EXPECT_EQ(Members(RowSet(a) |= b), (std::set<int64_t>{0, 5, 6, 64, 129}));
  EXPECT_EQ(Members(RowSet(a) &= b), (std::set<int64_t>{5, 129}));
  EXPECT_EQ(Members(RowSet(a).Subtract(b)), (std::set<int64_t>{0, 64}));
  EXPECT_EQ(RowSet(130, true).Subtract(RowSet(130, true)).Count(), 0);
}

}  // namespace
}  // namespace lookbook
