// OpenCV's own thread pool, off.
#pragma once

#include <opencv2/core/utility.hpp>

namespace lookbook {

// The loops here are parallel over images; a pool inside each image would only make threads wait
// for each other. Cheap after the first call. Thread-safe.
inline void UseOneOpenCvThread() {
  static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace lookbook
