#include "engine/index/dot_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/index/exact_top_k.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/index/index_data.h"

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

TEST(DotKernelsTest, ThePortableKernelIsAlwaysThere) {
  const std::vector<DotKernel> kernels = DotKernels();
  ASSERT_THAT(kernels, Not(IsEmpty()));
  EXPECT_STREQ(kernels.back().name, "portable");
}

class EachDotKernelTest : public ::testing::TestWithParam<DotKernel> {
 protected:
  // Every score of `rows` by `n` random unit vectors, held against sums in double.
  void Check(int64_t rows, int n, int dim) {
    SCOPED_TRACE(testing::Message() << rows << " rows, " << n << " queries, " << dim << " values");
    const std::vector<float> vectors = RandomUnitVectors(rows, dim, 1);
    const std::vector<float> queries = RandomUnitVectors(n, dim, 2);
    constexpr float kUnset = 77;
    const PackedQueries packed = PackQueries(queries, dim, GetParam());
    const int scored = packed.groups * GetParam().group;
    ASSERT_GE(scored, n);
    std::vector<float> scores(static_cast<size_t>(rows * scored + 1), kUnset);
    GetParam().run(vectors.data(), rows, packed, scores.data());
    for (int64_t i = rows * n; i < rows * scored; ++i) EXPECT_EQ(scores[i], 0) << "a query of none";
    for (int q = 0; q < n; ++q) {
      for (int64_t r = 0; r < rows; ++r) {
        double dot = 0;
        for (int d = 0; d < dim; ++d) dot += double{queries[q * dim + d]} * vectors[r * dim + d];
        ASSERT_NEAR(scores[q * rows + r], dot, DotErrorBound(dim)) << "query " << q << " row " << r;
      }
    }
    EXPECT_EQ(scores.back(), kUnset) << "written past the end";
  }
};

TEST_P(EachDotKernelTest, IsWithinTheErrorBoundForEveryNumberOfRowsAndQueries) {
  for (int64_t rows = 1; rows <= 9; ++rows) {
    for (int n = 1; n <= 21; ++n) Check(rows, n, 12);
  }
}

TEST_P(EachDotKernelTest, TakesEveryLengthOfVector) {
  for (int dim = 1; dim <= 40; ++dim) Check(5, 3, dim);
  for (int dim : {128, 192, 1280, 2048}) Check(37, 8, dim);
}

TEST_P(EachDotKernelTest, ReadsNothingBesideItsInput) {
  // Not-a-number around the rows would show in the scores.
  constexpr int kDim = 13;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> vectors(kDim * 7, nan);
  const std::vector<float> queries(kDim * 3, 2.0f);
  std::fill_n(vectors.begin() + kDim, kDim * 5, 0.5f);
  const PackedQueries packed = PackQueries(queries, kDim, GetParam());
  std::vector<float> scores(static_cast<size_t>(5 * packed.groups * GetParam().group));
  GetParam().run(vectors.data() + kDim, 5, packed, scores.data());
  scores.resize(15);
  EXPECT_THAT(scores, testing::Each(static_cast<float>(kDim)));
}

INSTANTIATE_TEST_SUITE_P(Processor, EachDotKernelTest, ::testing::ValuesIn(DotKernels()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lookbook
