#include "models/explore/mask_samples.h"

#include "engine/image/decode.h"
#include "tests/models/explore/small_set.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class MaskSamplesTest : public ::testing::Test {
 protected:
  FashionData Read() {
    absl::StatusOr<FashionData> data = ReadImaterialist(set_.path(), "train.csv", "train");
    EXPECT_THAT(data, IsOk());
    return *std::move(data);
  }
  SmallSet set_;
};

TEST_F(MaskSamplesTest, FindsTheSegmentsOfTheImagesAskedFor) {
  const FashionData data = Read();
  LB_ASSERT_OK_AND_ASSIGN(const std::vector<MaskSample> samples,
                          ReadMaskSamples(set_ / "train.csv", data, {2, 0}));
  ASSERT_THAT(samples, SizeIs(2));
  EXPECT_EQ(samples[0].image, 2);  // c
  ASSERT_THAT(samples[0].segments, SizeIs(1));
  EXPECT_EQ(samples[0].segments[0].class_column, 2);
  EXPECT_EQ(samples[0].segments[0].rle, "5001 5000");
  ASSERT_THAT(samples[1].segments, SizeIs(2));
  EXPECT_EQ(samples[1].segments[1].rle, "601 300");
}

// The mask of c covers columns 50 to 99 of 200, all 100 rows.
TEST_F(MaskSamplesTest, TheMaskTintsItsPixelsAndNoOthers) {
  const FashionData data = Read();
  MaskSample sample{.image = 2, .segments = {{2, "5001 5000"}}};
  LB_ASSERT_OK_AND_ASSIGN(const ReportPicture with, DrawMaskSample(data, sample, 480));
  sample.segments.clear();
  LB_ASSERT_OK_AND_ASSIGN(const ReportPicture without, DrawMaskSample(data, sample, 480));
  ASSERT_THAT(with.marks, SizeIs(1));
  EXPECT_EQ(with.marks[0].text, "glasses");
  EXPECT_NEAR(with.marks[0].x, 0.375, 0.01);
  EXPECT_NEAR(with.marks[0].y, 0.5, 0.01);
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage tinted, DecodeImage(with.file, {}));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage plain, DecodeImage(without.file, {}));
  ASSERT_EQ(tinted.image.width, 200);
  const auto difference = [&](int x, int y) {
    int sum = 0;
    for (int c = 0; c < 3; ++c) {
      const size_t at = 3 * (200 * y + x) + c;
      sum += std::abs(int{tinted.image.rgb[at]} - int{plain.image.rgb[at]});
    }
    return sum;
  };
  EXPECT_GT(difference(75, 50), 30);
  EXPECT_GT(difference(55, 5), 30);
  EXPECT_LT(difference(30, 50), 12);
  EXPECT_LT(difference(150, 50), 12);
}

TEST_F(MaskSamplesTest, PicturesAreShrunkAndTheirMasksWithThem) {
  const FashionData data = Read();
  LB_ASSERT_OK_AND_ASSIGN(const ReportPicture picture,
                          DrawMaskSample(data, {.image = 2, .segments = {{2, "5001 5000"}}}, 50));
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(picture.file, {}));
  EXPECT_EQ(decoded.image.width, 50);
  EXPECT_EQ(decoded.image.height, 25);
  EXPECT_NEAR(picture.marks[0].x, 0.375, 0.02);
}

TEST_F(MaskSamplesTest, NotesAndChipsSayWhatIsThere) {
  const FashionData data = Read();
  LB_ASSERT_OK_AND_ASSIGN(const ReportPicture picture,
                          DrawMaskSample(data, {.image = 1, .segments = {{0, "1 30"}}}, 480));
  EXPECT_EQ(picture.title, "b");
  EXPECT_EQ(picture.note, "40 × 30, 1 segment");
  EXPECT_THAT(picture.chips, ElementsAre("pants", "plain", "dotted"));
}

TEST_F(MaskSamplesTest, AMaskThatDoesNotFitIsLeftOutAndCounted) {
  const FashionData data = Read();
  LB_ASSERT_OK_AND_ASSIGN(
      const ReportPicture picture,
      DrawMaskSample(data, {.image = 0, .segments = {{0, "1 99999"}, {1, "1 30"}, {1, ""}}}, 480));
  EXPECT_THAT(picture.marks, SizeIs(1));
  EXPECT_THAT(picture.note, HasSubstr("3 segments, 1 mask does not fit"));
}

TEST_F(MaskSamplesTest, AMissingPictureIsAnError) {
  const FashionData data = Read();
  ASSERT_THAT(RemoveAll(set_ / "train/a.jpg"), IsOk());
  EXPECT_THAT(DrawMaskSample(data, {.image = 0, .segments = {}}, 480),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace lookbook
