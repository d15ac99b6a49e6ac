#include "client/true_labels.h"

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::Pointee;

class TrueLabelsTest : public ::testing::Test {
 protected:
  absl::StatusOr<TrueLabels> Open(const std::string& csv) {
    EXPECT_THAT(WriteFile(path_, csv), IsOk());
    return TrueLabels::Open(path_);
  }

  TempDir dir_;
  const std::string path_ = JoinPath(dir_.path(), "labels.csv");
};

TEST_F(TrueLabelsTest, ReadsTheDataSetsColumnsAndGathersRowsByImage) {
  LB_ASSERT_OK_AND_ASSIGN(const TrueLabels labels,
                          Open("ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n"
                               "a,1 2 3 4,64,64,10,\"1,2,3\"\n"
                               "b.jpg,1 2,64,64,2,\n"
                               "a,5 6,64,64,3,\"4\"\n"
                               "a,7 8,64,64,10,\n"));
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_THAT(labels.Find("a.jpg"), Pointee(ElementsAre(3, 10)));
  EXPECT_THAT(labels.Find("photos/deep/a.png"), Pointee(ElementsAre(3, 10)));
  EXPECT_THAT(labels.Find("b"), Pointee(ElementsAre(2)));
  EXPECT_THAT(labels.Find("c.jpg"), IsNull());
}

TEST_F(TrueLabelsTest, ReadsTheOlderFormWithAttributesInTheClassId) {
  LB_ASSERT_OK_AND_ASSIGN(const TrueLabels labels,
                          Open("ClassId,ImageId\n13_12_4,a.jpg\n7,a.jpg\n"));
  EXPECT_THAT(labels.Find("a"), Pointee(ElementsAre(7, 13)));
}

TEST_F(TrueLabelsTest, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(Open("ImageId,ClassId\na,1\nb,dress\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(path_ + ":3"), HasSubstr("'dress'"))));
}

TEST_F(TrueLabelsTest, AFileThatTheReaderThrowsAtIsInvalid) {
  EXPECT_THAT(
      Open("ImageId,Labels\na,1\n"),
      StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(path_), HasSubstr("ClassId"))));
  EXPECT_THAT(Open("ImageId,ClassId\na,1,2\n"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Open(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(TrueLabelsTest, AMissingFileIsNotFound) {
  EXPECT_THAT(TrueLabels::Open(JoinPath(dir_.path(), "none.csv")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.csv")));
}

}  // namespace
}  // namespace lookbook
