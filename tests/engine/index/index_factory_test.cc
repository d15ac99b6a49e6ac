#include "engine/index/index_factory.h"

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "tests/engine/index/index_data.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class IndexFactoryTest : public ::testing::Test {
 protected:
  static constexpr int kDim = 8;
  static constexpr int64_t kRows = 50;

  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = ::testing::TempDir() + "index_factory_test." +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::vector<float> vectors_ = RandomUnitVectors(kRows, kDim, 1);
};

TEST_F(IndexFactoryTest, ASavedIndexAnswersLikeTheOneThatWasBuilt) {
  LB_ASSERT_OK_AND_ASSIGN(auto built, BuildIndex(IndexSpec{}, kDim, vectors_));
  ASSERT_THAT(built->Save(path_), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(auto opened, OpenIndex(IndexSpec{}, path_, kDim, kRows));
  EXPECT_EQ(opened->dim(), kDim);
  EXPECT_EQ(opened->size(), kRows);
  const std::vector<float> queries = RandomUnitVectors(3, kDim, 2);
  const std::vector<QueryOptions> options(3);
  LB_ASSERT_OK_AND_ASSIGN(auto expected, built->Search(queries, options));
  LB_ASSERT_OK_AND_ASSIGN(auto lists, opened->Search(queries, options));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(RowsOf(lists[i]), RowsOf(expected[i]));
    EXPECT_EQ(SimilaritiesOf(lists[i]), SimilaritiesOf(expected[i]));
  }
}

TEST_F(IndexFactoryTest, BuildRefusesWhatIsNoMatrixOfUnitVectors) {
  EXPECT_THAT(BuildIndex(IndexSpec{}, kDim, {}), StatusIs(kInvalid));
  EXPECT_THAT(BuildIndex(IndexSpec{}, kDim + 1, vectors_),
              StatusIs(kInvalid, HasSubstr("400 values")));
  EXPECT_THAT(BuildIndex(IndexSpec{}, 0, vectors_), StatusIs(kInvalid, HasSubstr("dim 0")));
  std::vector<float> broken = vectors_;
  for (int i = 0; i < kDim; ++i) broken[5 * kDim + i] *= 2;
  EXPECT_THAT(BuildIndex(IndexSpec{}, kDim, broken), StatusIs(kInvalid, HasSubstr("row 5")));
}

TEST_F(IndexFactoryTest, OpenRefusesAnotherShapeAndDamage) {
  LB_ASSERT_OK_AND_ASSIGN(auto built, BuildIndex(IndexSpec{}, kDim, vectors_));
  ASSERT_THAT(built->Save(path_), IsOk());
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim + 1, kRows),
              StatusIs(kInvalid, HasSubstr("dimension")));
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim, kRows - 1),
              StatusIs(kInvalid, HasSubstr("rows")));
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim, 0), StatusIs(kInvalid));
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim, int64_t{1} << 62), StatusIs(kInvalid));
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_ + ".none", kDim, kRows),
              StatusIs(absl::StatusCode::kNotFound));

  LB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(path_));
  ASSERT_THAT(WriteFile(path_, "not an index, but longer than a header of forty-five bytes"),
              IsOk());
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim, kRows), StatusIs(kInvalid));
  bytes[bytes.size() - 1] = 0x7f;  // The last value becomes huge: no unit vector any more.
  ASSERT_THAT(WriteFile(path_, bytes), IsOk());
  EXPECT_THAT(OpenIndex(IndexSpec{}, path_, kDim, kRows),
              StatusIs(kInvalid, AllOf(HasSubstr(path_), HasSubstr("row 49"))));
}

}  // namespace
}  // namespace lookbook
