// Pictures that look alike and are stored in different ways are embedded alike.
#include <cmath>
#include <string>
#include <vector>

#include "tests/integration/server_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class ImageTwinsTest : public ServerFixture {
 protected:
  ImageTwinsTest() { Start(); }

  std::vector<float> EmbeddingOf(const std::string& image) {
    v1::EmbedRequest request;
    v1::EmbedResponse response;
    request.set_image(image);
    const grpc::Status status = Embed(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.embedding().values().begin(), response.embedding().values().end()};
  }
  // Of two embeddings, which have unit length.
  double Cosine(const std::string& a, const std::string& b) {
    const std::vector<float> left = EmbeddingOf(a), right = EmbeddingOf(b);
    double sum = 0;
    for (size_t i = 0; i < left.size(); ++i) sum += double{left[i]} * right[i];
    return sum;
  }
};

// The picture that a viewer shows of `stored` with that EXIF orientation.
Image Shown(const Image& stored, int orientation) {
  const int w = stored.width, h = stored.height;
  Image shown = orientation == 3 ? Image{w, h, {}} : Image{h, w, {}};
  for (int y = 0; y < shown.height; ++y) {
    for (int x = 0; x < shown.width; ++x) {
      const int from_x = orientation == 3 ? w - 1 - x : orientation == 6 ? y : w - 1 - y;
      const int from_y = orientation == 3 ? h - 1 - y : orientation == 6 ? h - 1 - x : x;
      const uint8_t* pixel = &stored.rgb[3 * (static_cast<size_t>(from_y) * w + from_x)];
      shown.rgb.insert(shown.rgb.end(), pixel, pixel + 3);
    }
  }
  return shown;
}

TEST_F(ImageTwinsTest, InkLooksLikeLight) {
  const Image image = GradientImage(96, 64);
  JpegFileOptions options;
  options.quality = 98;
  const std::string plain = MakeJpeg(image, options);
  for (const JpegColor color : {JpegColor::kCmyk, JpegColor::kYcck, JpegColor::kPlainCmyk}) {
    options.color = color;
    EXPECT_GT(Cosine(MakeJpeg(image, options), plain), 0.999) << static_cast<int>(color);
  }
}

TEST_F(ImageTwinsTest, APictureOnItsSideIsTurned) {
  const Image stored = GradientImage(96, 64);
  for (const int orientation : {3, 6, 8}) {
    const std::string twin = MakeJpeg(Shown(stored, orientation));
    EXPECT_GT(Cosine(JpegWithOrientation(stored, orientation), twin), 0.999) << orientation;
    EXPECT_LT(Cosine(MakeJpeg(stored), twin), 0.999) << "they do differ: " << orientation;
  }
}

TEST_F(ImageTwinsTest, ColorThatIsNotSeenDoesNotCount) {
  PngFileOptions options;
  options.color = PngColor::kRgba;
  options.alpha = 0;
  EXPECT_EQ(EmbeddingOf(MakePng(GradientImage(64, 64), options)),
            EmbeddingOf(MakePng(SolidImage(64, 64, 255, 255, 255))));
  EXPECT_EQ(EmbeddingOf(MakePng(GradientImage(64, 64), options)),
            EmbeddingOf(MakePng(NoisyImage(64, 64), options)));
}

TEST_F(ImageTwinsTest, LowBytesOf16BitsDoNotCount) {
  PngFileOptions options;
  options.depth = 16;
  EXPECT_EQ(EmbeddingOf(MakePng(GradientImage(64, 64), options)),
            EmbeddingOf(MakePng(GradientImage(64, 64))));
}

}  // namespace
}  // namespace lookbook
