// CheckSearch() is held by vector_index_contract.h; here are its messages and CheckVectors().
#include "engine/index/search_checks.h"

#include <limits>
#include <vector>

#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(SearchChecksTest, MessagesNameTheQueryAndTheValue) {
  std::vector<float> queries = RandomUnitVectors(3, 4, 1);
  std::vector<QueryOptions> options(3);
  EXPECT_THAT(CheckSearch(queries, options, 4, 10), IsOk());
  options[1].top_k = 1001;
  EXPECT_THAT(CheckSearch(queries, options, 4, 10),
              StatusIs(kInvalid, AllOf(HasSubstr("query 1"), HasSubstr("1001"))));
  options[1].top_k = 1000;
  queries[2 * 4 + 1] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(CheckSearch(queries, options, 4, 10),
              StatusIs(kInvalid, AllOf(HasSubstr("query 2"), HasSubstr("value 1 is inf"))));
}

TEST(SearchChecksTest, LengthMayBeOffByAThousandth) {
  EXPECT_THAT(CheckVectors({0.9995f, 0, 0, 1.0005f}, 2), IsOk());
  EXPECT_THAT(CheckVectors({1, 0, 0, 1.002f}, 2),
              StatusIs(kInvalid, AllOf(HasSubstr("row 1"), HasSubstr("length 1.002"))));
  EXPECT_THAT(CheckVectors({0.998f, 0}, 2), StatusIs(kInvalid, HasSubstr("row 0")));
  EXPECT_THAT(CheckVectors({0, 0}, 2), StatusIs(kInvalid, HasSubstr("length 0")));
}

TEST(SearchChecksTest, VectorsAreFiniteWholeRowsOfASaneDimension) {
  EXPECT_THAT(CheckVectors({}, 2), StatusIs(kInvalid, HasSubstr("0 values")));
  EXPECT_THAT(CheckVectors({1, 0, 1}, 2), StatusIs(kInvalid, HasSubstr("3 values")));
  EXPECT_THAT(CheckVectors({1}, 0), StatusIs(kInvalid, HasSubstr("dim 0")));
  EXPECT_THAT(CheckVectors({1}, kMaxDim + 1), StatusIs(kInvalid, HasSubstr("dim 65537")));
  EXPECT_THAT(CheckVectors({1, 0, std::nanf(""), 1}, 2),
              StatusIs(kInvalid, HasSubstr("row 1: value 0 is nan")));
  // Squares of the largest floats do not overflow into a false "not finite".
  EXPECT_THAT(CheckVectors({std::numeric_limits<float>::max(), 0}, 2),
              StatusIs(kInvalid, HasSubstr("length 3.4")));
}

}  // namespace
}  // namespace lookbook
