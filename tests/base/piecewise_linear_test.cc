#include "base/piecewise_linear.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace lookbook {
namespace {

using Knots = std::vector<std::pair<float, float>>;

double At(const Knots& knots, double at) {
  return PiecewiseLinear(
      knots.begin(), knots.end(), at, [](const auto& knot) { return knot.first; },
      [](const auto& knot) { return knot.second; });
}

TEST(PiecewiseLinearTest, PassesThroughItsKnotsAndStraightBetweenThem) {
  const Knots knots = {{-1, 2}, {0, 4}, {4, 0}};
  EXPECT_EQ(At(knots, -1), 2);
  EXPECT_EQ(At(knots, 0), 4);
  EXPECT_EQ(At(knots, 4), 0);
  EXPECT_EQ(At(knots, -0.5), 3);
  EXPECT_EQ(At(knots, 1), 3);
  EXPECT_EQ(At(knots, 3), 1);
}

TEST(PiecewiseLinearTest, StaysConstantBeyondItsEnds) {
  const Knots knots = {{0.25F, 0.5F}, {0.5F, 1}};
  EXPECT_EQ(At(knots, -7), 0.5);
  EXPECT_EQ(At(knots, 7), 1);
}

TEST(PiecewiseLinearTest, OneKnotIsAConstant) {
  for (const double at : {-1.0, 0.5, 2.0}) EXPECT_EQ(At({{0.5F, 0.75F}}, at), 0.75);
}

}  // namespace
}  // namespace lookbook
