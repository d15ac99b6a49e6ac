// The fake keeps the contract of what it stands for.
#include "tests/support/fake_index.h"

#include <memory>
#include <vector>

#include "tests/engine/index/vector_index_contract.h"

namespace lookbook {
namespace {

std::unique_ptr<VectorIndex> MakeFakeIndex(int dim, const std::vector<float>& vectors) {
  return std::make_unique<FakeIndex>(dim, vectors);
}

INSTANTIATE_TEST_SUITE_P(Fake, VectorIndexContract, ::testing::Values(&MakeFakeIndex));

TEST(FakeIndexTest, FailsOnRequestAndCountsItsCalls) {
  FakeIndex index(2, {1, 0, 0, 1});
  ASSERT_THAT(index.Search({1, 0, 0, 1}, {QueryOptions{}, QueryOptions{}}), IsOk());
  index.FailWith(absl::ResourceExhaustedError("full"));
  EXPECT_THAT(index.Search({1, 0}, {QueryOptions{}}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  index.FailWith(absl::OkStatus());
  EXPECT_THAT(index.Search({1, 0}, {QueryOptions{}}), IsOk());
  EXPECT_THAT(index.batches(), ::testing::ElementsAre(2, 1, 1));
}

}  // namespace
}  // namespace lookbook
