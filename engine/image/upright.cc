#include "engine/image/upright.h"

#include <opencv2/core.hpp>
#include <utility>

#include "base/exception_fence.h"

namespace lookbook {
namespace {

// OpenCV reads through a non-const pointer type; it does not write.
cv::Mat View(const Image& image) {
  return cv::Mat(image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data()));
}

void Turn(const cv::Mat& from, int orientation, cv::Mat to) {
  constexpr int kTopBottom = 0, kLeftRight = 1, kBoth = -1;
  switch (orientation) {
    case 2:
      return cv::flip(from, to, kLeftRight);
    case 3:
      return cv::flip(from, to, kBoth);
    case 4:
      return cv::flip(from, to, kTopBottom);
    case 5:
      return cv::transpose(from, to);
    case 6:
      return cv::rotate(from, to, cv::ROTATE_90_CLOCKWISE);
    case 7:
      cv::transpose(from, to);
      return cv::flip(to, to, kBoth);
    default:
      return cv::rotate(from, to, cv::ROTATE_90_COUNTERCLOCKWISE);
  }
}

}  // namespace

absl::StatusOr<Image> MakeUpright(Image image, int orientation) {
  if (orientation == 1) return image;
  return CatchToStatus("turning the image upright", [&]() -> absl::StatusOr<Image> {
    const bool swaps = orientation >= 5;
    Image upright;
    upright.width = swaps ? image.height : image.width;
    upright.height = swaps ? image.width : image.height;
    upright.rgb.resize(image.rgb.size());
    Turn(View(image), orientation, View(upright));
    return upright;
  });
}

}  // namespace lookbook
