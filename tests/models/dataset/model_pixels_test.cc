#include "models/dataset/model_pixels.h"

#include <vector>

#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/models/dataset/test_images.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelPixelsTest : public ::testing::Test {
 protected:
  ModelPixelsTest() { spec_.size = 16; }
  absl::Status Read(const std::string& name) {
    pixels_.assign(16 * 16 * 3, 0);
    return ReadModelPixels(folder_ / name, spec_, absl::MakeSpan(pixels_));
  }

  TestFolder folder_;
  PreprocessSpec spec_;
  std::vector<uint8_t> pixels_;
};

TEST_F(ModelPixelsTest, AreThoseOfDecodeAndResize) {
  const std::string jpeg = *EncodeJpeg(WavyImage(150, 120, 3), 90);
  folder_.Write("a.jpg", jpeg);
  ASSERT_THAT(Read("a.jpg"), IsOk());
  DecodeOptions options;
  options.min_short_side = spec_.MinDecodedSide();
  LB_ASSERT_OK_AND_ASSIGN(const DecodedImage decoded, DecodeImage(jpeg, options));
  LB_ASSERT_OK_AND_ASSIGN(const Image wanted, ResizeForModel(decoded.image, spec_));
  EXPECT_EQ(pixels_, wanted.rgb);
}

TEST_F(ModelPixelsTest, EveryFailureNamesTheFile) {
  folder_.Write("broken.jpg", "not an image");
  folder_.Write("empty.jpg", "");
  folder_.Write("large.jpg", std::string((16 << 20) + 1, 'x'));
  for (const char* name : {"broken.jpg", "empty.jpg", "large.jpg"})
    EXPECT_THAT(Read(name), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name)));
  EXPECT_THAT(Read("gone.jpg"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("gone.jpg")));
}

TEST_F(ModelPixelsTest, TheMeanColorFillsAll) {
  spec_.mean = {0.2f, 0.5f, 1.0f};
  std::vector<uint8_t> pixels(6);
  FillWithMean(spec_, absl::MakeSpan(pixels));
  EXPECT_THAT(pixels, ElementsAre(51, 128, 255, 51, 128, 255));
}

}  // namespace
}  // namespace lookbook
