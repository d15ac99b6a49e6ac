#include "models/dataset/augment.h"

#include <opencv2/imgproc.hpp>

#include "base/exception_fence.h"
#include "models/dataset/opencv_threads.h"

namespace lookbook {

Augmenter::Augmenter(const AugmentRecipe& recipe, int side, std::array<uint8_t, 3> fill)
    : recipe_(recipe), side_(side), fill_(fill) {
  UseOneOpenCvThread();
}

absl::Status Augmenter::Apply(absl::Span<const uint8_t> in, Random* random, Image* out) const {
  return Apply(in, DrawAugment(recipe_, side_, random), out);
}

absl::Status Augmenter::Apply(absl::Span<const uint8_t> in, const AugmentDraw& draw,
                              Image* out) const {
  return CatchToStatus("augmenting an image", [&] {
    out->width = out->height = side_;
    if (MovesPixels(recipe_)) {
      out->rgb.resize(in.size());
      Warp(in, draw, out);
    } else {
      out->rgb.assign(in.begin(), in.end());
    }
    if (recipe_.color > 0) Jitter(draw, out);
    if (recipe_.hue > 0) TurnHue(draw, out);
    if (draw.grayscale) MakeGrey(out);
    if (draw.box_width > 0) Erase(draw, out);
    return absl::OkStatus();
  });
}

void Augmenter::Warp(absl::Span<const uint8_t> in, const AugmentDraw& draw, Image* out) const {
  const cv::Matx23d map(draw.map.data());
  // OpenCV reads through a non-const pointer type; it does not write.
  const cv::Mat from(side_, side_, CV_8UC3, const_cast<uint8_t*>(in.data()));
  cv::Mat to(side_, side_, CV_8UC3, out->rgb.data());
  cv::warpAffine(from, to, map, to.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REFLECT_101);
}

void Augmenter::Jitter(const AugmentDraw& draw, Image* out) const {
  cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
  const cv::Scalar mean = cv::mean(image);
  const double mean_grey = kLuma[0] * mean[0] + kLuma[1] * mean[1] + kLuma[2] * mean[2];
  const ColorMix mix = MixOf(draw);
  const auto constant = static_cast<float>(mix.mean * mean_grey);
  cv::Matx34f map;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      map(row, column) =
          static_cast<float>(mix.grey * kLuma[column] + (row == column ? mix.own : 0));
    }
    map(row, 3) = constant;
  }
  cv::transform(image, image, map);
}

// In float32: 8-bit HSV has 256 hues, and is several steps away.
void Augmenter::TurnHue(const AugmentDraw& draw, Image* out) const {
  cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
  cv::Mat rgb, hsv;
  image.convertTo(rgb, CV_32F);
  cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV);  // Degrees.
  // The way back takes hues over 360, but none below 0.
  cv::add(hsv, cv::Scalar(360 * (draw.hue < 0 ? draw.hue + 1 : draw.hue), 0, 0), hsv);
  cv::cvtColor(hsv, rgb, cv::COLOR_HSV2RGB);
  rgb.convertTo(image, CV_8U);
}

void Augmenter::MakeGrey(Image* out) const {
  cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);  // By kLuma.
  cv::cvtColor(grey, image, cv::COLOR_GRAY2RGB);
}

void Augmenter::Erase(const AugmentDraw& draw, Image* out) const {
  cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
  image(cv::Rect(draw.box_x, draw.box_y, draw.box_width, draw.box_height))
      .setTo(cv::Scalar(fill_[0], fill_[1], fill_[2]));
}

}  // namespace lookbook
