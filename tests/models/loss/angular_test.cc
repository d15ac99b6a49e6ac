#include "models/loss/angular.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numbers>

#include "tests/models/loss/plain_loops.h"

namespace lookbook {
namespace {

double SquaredTangent(double degrees) {
  return std::pow(std::tan(degrees * std::numbers::pi / 180), 2);
}

// The angle at n by the corners of the triangle.
double AngleAt(const Row& a, const Row& p, const Row& n) {
  Row centre(a.size());
  for (size_t k = 0; k < a.size(); ++k) centre[k] = (a[k] + p[k]) / 2;
  return std::atan(Gap(a, p) / (2 * Gap(n, centre))) * 180 / std::numbers::pi;
}

struct Plain {
  double loss = 0;
  int64_t pairs = 0;
};

Plain PlainAngular(const Rows& z, const PlainPairs& pairs, const AngularOptions& options) {
  const double t = SquaredTangent(options.alpha_degrees);
  const size_t batch = z.size();
  Plain plain;
  for (size_t a = 0; a < batch; ++a) {
    for (size_t p = 0; p < batch; ++p) {
      if (!pairs.positive[a][p]) continue;
      double sum = 0;
      for (size_t n = 0; n < batch; ++n) {
        if (!pairs.negative[a][n]) continue;
        if (options.negatives == AngularNegatives::kOfBoth && !pairs.negative[p][n]) continue;
        if (AngleAt(z[a], z[p], z[n]) <= options.min_angle_degrees) continue;
        sum +=
            std::exp(4 * t * (Dot(z[a], z[n]) + Dot(z[p], z[n])) - 2 * (1 + t) * Dot(z[a], z[p]));
      }
      if (sum > 0) plain.loss += std::log(1 + sum), ++plain.pairs;
    }
  }
  plain.loss /= plain.pairs;
  return plain;
}

class AngularTest : public testing::TestWithParam<int> {
 protected:
  const RandomBatch batch_{GetParam(), 11, 4, 5};
  const PairRelation pairs_ =
      RelatePairs(batch_.y, {.positive_shared = 1, .positive_jaccard = 0.4});
};

TEST_P(AngularTest, AgreesWithPlainLoops) {
  Rows z;
  for (const Row& row : ToRows(batch_.x)) z.push_back(Unit(row));
  for (AngularNegatives negatives : {AngularNegatives::kOfBoth, AngularNegatives::kOfAnchor}) {
    for (double min_angle : {0.0, 25.0}) {
      const AngularOptions options = {
          .alpha_degrees = 38, .negatives = negatives, .min_angle_degrees = min_angle};
      const Plain plain = PlainAngular(z, PlainPairs(pairs_), options);
      ASSERT_GT(plain.pairs, 0);
      const CountedLoss loss = AngularLoss(batch_.x, pairs_, 0, options);
      EXPECT_NEAR(loss.loss.item<double>(), plain.loss, 1e-10);
      EXPECT_EQ(loss.terms, plain.pairs);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AngularTest, testing::Range(0, 4));

TEST(AngularLandmarkTest, AConstantMapIsExpensive) {
  const PairRelation pairs =
      RelatePairs(torch::one_hot(torch::tensor({0, 0, 0, 1, 2}), 3), {.positive_shared = 0});
  const torch::Tensor constant = torch::tensor({{0.6, -0.8}}, torch::kFloat64).repeat({5, 1});
  for (double alpha : {36.0, 45.0}) {
    const double expected = std::log(1 + 2 * std::exp(6 * SquaredTangent(alpha) - 2));
    EXPECT_NEAR(AngularLoss(constant, pairs, 0, {.alpha_degrees = alpha}).loss.item<double>(),
                expected, 1e-9);
  }
}

TEST(AngularPairsTest, MoreThanTheCapAreDrawn) {
  const torch::Tensor labels = torch::arange(40) % 2;
  const PairRelation pairs = RelatePairs(torch::one_hot(labels, 2), {.positive_shared = 0});
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({40, 4}, torch::kFloat64);
  const CountedLoss loss = AngularLoss(x, pairs, 3);
  EXPECT_EQ(loss.terms, 512);  // Of 760.
  EXPECT_EQ(loss.loss.item<double>(), AngularLoss(x, pairs, 3).loss.item<double>());
  EXPECT_NE(loss.loss.item<double>(), AngularLoss(x, pairs, 4).loss.item<double>());
  EXPECT_EQ(AngularLoss(x, pairs, 3, {.max_pairs = 1000}).terms, 760);
}

// Images 0 and 1 are a pair; the only negative of 0 is 2, which shares a label with 1.
TEST(AngularPairsTest, APairWithoutACommonNegativeIsSkipped) {
  const torch::Tensor y = torch::tensor({{1, 1, 0}, {1, 1, 1}, {0, 0, 1}});
  const PairRelation pairs = RelatePairs(y, {.rule = PairRule::kStrict, .positive_shared = 1});
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_EQ(AngularLoss(x, pairs, 0).terms, 0);
  EXPECT_EQ(AngularLoss(x, pairs, 0, {.negatives = AngularNegatives::kOfAnchor}).terms, 1);
}

TEST(AngularGeometryTest, RightIsoscelesTriangle) {
  // On the unit circle: a, p at +-45 degrees, n opposite: |a - p| = sqrt 2, |n - c| = 1 + sqrt 1/2.
  const torch::Tensor x = torch::tensor({{2.0, 2.0}, {1.0, -1.0}, {-3.0, 0.0}}, torch::kFloat64);
  const torch::Tensor t = torch::tensor({{0, 1, 2}});
  EXPECT_NEAR(AnglesAtNegative(x, t).item<double>(),
              std::atan(std::sqrt(2) / (2 + std::sqrt(2))) * 180 / std::numbers::pi, 1e-9);
  EXPECT_NEAR(AngularHingeArguments(x, t, 45).item<double>(),
              2 - 4 * std::pow(1 + std::sqrt(0.5), 2), 1e-9);
  EXPECT_THROW(AnglesAtNegative(x, torch::tensor({{0, 1}})), c10::Error);
}

TEST(AngularOptionsTest, RefusesBadInput) {
  const PairRelation pairs = RelatePairs(torch::eye(3));
  const torch::Tensor x = torch::randn({3, 2});
  EXPECT_THROW(AngularLoss(x, pairs, 0, {.alpha_degrees = 0}), c10::Error);
  EXPECT_THROW(AngularLoss(x, pairs, 0, {.alpha_degrees = 90}), c10::Error);
  EXPECT_THROW(AngularLoss(x, pairs, 0, {.max_pairs = 0}), c10::Error);
  EXPECT_THROW(AngularLoss(torch::randn({4, 2}), pairs, 0), c10::Error);
}

}  // namespace
}  // namespace lookbook
