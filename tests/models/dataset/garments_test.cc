#include "models/dataset/garments.h"

#include <string>

#include "tests/models/dataset/fake_garments.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GarmentsTest : public ::testing::Test {
 protected:
  void SetUp() override { WriteFakeGarments(folder_.path()); }
  absl::StatusOr<GarmentSet> Load() {
    return GarmentSet::Load(folder_.path(), GarmentPart::kTrain);
  }
  std::string Labels() const { return folder_ / "train-labels-idx1-ubyte.gz"; }
  std::string Pixels() const { return folder_ / "train-images-idx3-ubyte.gz"; }
  TestFolder folder_;
};

TEST_F(GarmentsTest, ReadsGzippedFiles) {
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet set, Load());
  EXPECT_EQ(set.size(), 30);
  EXPECT_EQ(set.label(13), 3);
  EXPECT_THAT(set.of_class(3), ElementsAre(3, 13, 23));
  ASSERT_EQ(set.pixels(13).size(), 784u);
  EXPECT_EQ(set.pixels(13)[0], 0);
  EXPECT_EQ(set.pixels(13)[5 * 28 + 8], 60 + 8 * 3 + 5);
}

TEST_F(GarmentsTest, ThePartsAreDifferentFiles) {
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet set,
                          GarmentSet::Load(folder_.path(), GarmentPart::kTest));
  EXPECT_EQ(set.size(), 20);
  EXPECT_EQ(set.pixels(0)[5 * 28 + 8], 105);
}

TEST_F(GarmentsTest, ReadsPlainFiles) {
  ASSERT_THAT(RemoveAll(Labels()), IsOk());
  folder_.Write("train-labels-idx1-ubyte", LabelFile(30));
  EXPECT_THAT(Load(), IsOk());
}

TEST_F(GarmentsTest, MissingFileIsNotFoundAndSaysWhereToGetIt) {
  ASSERT_THAT(RemoveAll(Pixels()), IsOk());
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("dataset-fashion-mnist")));
}

TEST_F(GarmentsTest, DamagedFilesAreDataLoss) {
  const std::string good = *ReadFile(Pixels());
  for (size_t keep : {size_t{0}, size_t{5}, good.size() / 2, good.size() - 12, good.size() - 1}) {
    ASSERT_THAT(WriteFile(Pixels(), good.substr(0, keep)), IsOk());
    EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("train-images"))) << keep;
  }
  std::string flipped = good;
  flipped[good.size() - 6] ^= 1;  // The CRC.
  ASSERT_THAT(WriteFile(Pixels(), flipped), IsOk());
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(GarmentsTest, WrongHeadersAreDataLoss) {
  WriteGz(Labels(), BigEndian(0x803) + LabelFile(30).substr(4));
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("magic number")));
  WriteGz(Labels(), BigEndian(0x801) + BigEndian(4'000'000'000u));
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("4000000000")));
  WriteGz(Labels(), LabelFile(30) + "x");
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("longer")));
  WriteGz(Labels(), LabelFile(20));
  EXPECT_THAT(Load(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("20 labels for 30 garments")));
}

TEST_F(GarmentsTest, LabelsOutOfRangeOrMissingAreDataLoss) {
  std::string labels = LabelFile(30);
  labels[8] = 10;
  WriteGz(Labels(), labels);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("class 10")));
  for (int i : {0, 10, 20}) labels[8 + i] = 1;
  WriteGz(Labels(), labels);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("no garment of class 0")));
}

TEST(RealGarmentsTest, FashionMnistIsReadWhole) {
  const std::string folder = "/usr/share/datasets/fashion-mnist";
  if (!PathExists(folder)) GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet train, GarmentSet::Load(folder, GarmentPart::kTrain));
  EXPECT_EQ(train.size(), 60000);
  EXPECT_EQ(train.of_class(0).size(), 6000u);
  EXPECT_EQ(train.label(0), 9);  // The set's first picture is an ankle boot.
  LB_ASSERT_OK_AND_ASSIGN(const GarmentSet test, GarmentSet::Load(folder, GarmentPart::kTest));
  EXPECT_EQ(test.size(), 10000);
}

}  // namespace
}  // namespace lookbook
