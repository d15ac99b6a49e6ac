#include "engine/index/exact_top_k.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

TEST(ExactTopKTest, SimilarityIsTheDotProductInDoubleAtEveryLength) {
  for (int dim : {1, 2, 7, 8, 9, 16, 63, 192}) {
    const std::vector<float> a = RandomUnitVectors(1, dim, 1), b = RandomUnitVectors(1, dim, 2);
    EXPECT_FLOAT_EQ(Similarity(a, b), ReferenceSimilarity(a, b.data())) << dim;
  }
}

TEST(ExactTopKTest, SimilarityStaysBetweenMinusOneAndOne) {
  EXPECT_EQ(Similarity({1.0005f, 0}, {1.0005f, 0}), 1);
  EXPECT_EQ(Similarity({1.0005f, 0}, {-1.0005f, 0}), -1);
}

TEST(ExactTopKTest, FloatSumsStayWithinTheBound) {
  for (int dim : {4, 128, 2048}) {
    const std::vector<float> a = RandomUnitVectors(200, dim, 3), b = RandomUnitVectors(200, dim, 4);
    for (int row = 0; row < 200; ++row) {
      float forward = 0;
      for (int i = 0; i < dim; ++i) forward += a[row * dim + i] * b[row * dim + i];
      const double exact =
          ReferenceSimilarity(absl::MakeConstSpan(a).subspan(row * dim, dim), &b[row * dim]);
      EXPECT_LE(std::abs(forward - exact), DotErrorBound(dim));
    }
  }
  // And the bound is not a blank cheque.
  EXPECT_LT(DotErrorBound(128), 1e-5);
  EXPECT_LT(DotErrorBound(2048), 1.3e-4);
}

TEST(ExactTopKTest, OrdersBySimilarityThenRow) {
  ExactTopK top({.top_k = 3}, {{7, 0.5f}, {2, 0.5f}, {9, 0.9f}, {4, 0.5f}, {1, 0.1f}});
  EXPECT_THAT(RowsOf(std::move(top).Take()), ElementsAre(9, 2, 4));
}

TEST(ExactTopKTest, DropsTheExcludedRowAndWhatIsTooFar) {
  ExactTopK top({.top_k = 3, .min_similarity = 0.5f, .excluded_row = 9},
                {{7, 0.5f}, {2, 0.49f}, {9, 0.9f}});
  EXPECT_THAT(RowsOf(std::move(top).Take()), ElementsAre(7));
}

TEST(ExactTopKTest, IsCompleteOnlyWhenRoundingCannotHideABetterRow) {
  const ExactTopK top({.top_k = 2}, {{1, 0.9f}, {2, 0.8f}, {3, 0.7f}});
  const float bound = DotErrorBound(128);
  EXPECT_TRUE(top.Complete(0.7f, DotErrorBound(128)));
  EXPECT_TRUE(top.Complete(0.8f - 1.1f * bound, DotErrorBound(128)));
  EXPECT_FALSE(top.Complete(0.8f - 0.9f * bound, DotErrorBound(128)));
  EXPECT_FALSE(top.Complete(
      0.8f, DotErrorBound(128)));  // A tie with the last one: the lower row may be outside.
  EXPECT_LT(top.RowsAbove(DotErrorBound(128)), 0.8f - bound);
}

TEST(ExactTopKTest, MinSimilarityAloneCanCompleteAShortList) {
  const ExactTopK top({.top_k = 2, .min_similarity = 0.75f}, {{1, 0.9f}, {3, 0.7f}});
  EXPECT_TRUE(top.Complete(0.7f, DotErrorBound(128)));
  EXPECT_FALSE(top.Complete(0.75f, DotErrorBound(128)));
  EXPECT_NEAR(top.RowsAbove(DotErrorBound(128)), 0.75, 1e-4);
}

TEST(ExactTopKTest, RowsBeyondTheEndsOfTheScaleTie) {
  // Vectors may be a thousandth too long: scores beyond ±1 are equal to ±1.
  const ExactTopK best({.top_k = 1}, {{5, 1.0f}, {6, 1.0f}});
  EXPECT_FALSE(best.Complete(1.0004f, DotErrorBound(128)));
  const ExactTopK worst({.top_k = 1}, {{5, -1.0f}, {6, -1.0f}});
  EXPECT_FALSE(worst.Complete(-1.0015f, DotErrorBound(128)));
  EXPECT_LT(worst.RowsAbove(DotErrorBound(128)), -2);
}

}  // namespace
}  // namespace lookbook
