#include "models/train/share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ShareTest, PartsAndWholesAreSummedAndDividedOnce) {
  Shares sums;
  AddShares({{"a", {1, 1}}, {"b", {0, 0}}}, &sums);
  AddShares({{"a", {1, 3}}, {"b", {0, 0}}}, &sums);
  AddShares({}, &sums);
  std::map<std::string, double> values = {{"bce", 2}};
  ResolveShares(sums, &values);
  EXPECT_THAT(values, ElementsAre(Pair("a", 0.5), Pair("bce", 2))) << "b is a share of nothing";
}

}  // namespace
}  // namespace lookbook
