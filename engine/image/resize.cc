#include "engine/image/resize.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "base/exception_fence.h"

namespace lookbook {
namespace {

void UseOneThread() {
  static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(done);
}

void ResizeArea(const cv::Mat& from, cv::Mat to) {
  const bool grows_x = to.cols > from.cols;
  const bool grows_y = to.rows > from.rows;
  if (grows_x == grows_y) {
    return cv::resize(from, to, to.size(), 0, 0, grows_x ? cv::INTER_LINEAR : cv::INTER_AREA);
  }
  cv::Mat shrunk;
  cv::resize(from, shrunk, grows_x ? cv::Size(from.cols, to.rows) : cv::Size(to.cols, from.rows), 0,
             0, cv::INTER_AREA);
  cv::resize(shrunk, to, to.size(), 0, 0, cv::INTER_LINEAR);
}

}  // namespace

absl::StatusOr<Image> Resize(const Image& image, int width, int height,
                             Interpolation interpolation) {
  return CatchToStatus("resizing the image", [&]() -> absl::StatusOr<Image> {
    UseOneThread();
    if (width == image.width && height == image.height) return image;
    // OpenCV reads through a non-const pointer type; it does not write.
    const cv::Mat from(image.height, image.width, CV_8UC3, const_cast<uint8_t*>(image.rgb.data()));
    cv::Mat to(height, width, CV_8UC3);
    if (interpolation == Interpolation::kArea) {
      ResizeArea(from, to);
    } else {
      cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
    }
    return Image{width, height, std::vector<uint8_t>(to.datastart, to.dataend)};
  });
}

}  // namespace lookbook
