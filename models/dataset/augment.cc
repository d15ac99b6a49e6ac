#include "models/dataset/augment.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "models/dataset/opencv_threads.h"

namespace lookbook {
namespace {

constexpr double kEraseAreaMin = 0.02, kEraseAreaMax = 0.15;
constexpr double kEraseAspectMax = 3.3;
constexpr int kEraseTries = 10;
// Rec. 601 luma.
constexpr double kLuma[3] = {0.299, 0.587, 0.114};

absl::Status CheckRange(absl::string_view key, double value, bool in_range,
                        absl::string_view allowed) {
  if (in_range) return absl::OkStatus();  // Never true for NaN: every comparison with it is false.
  return absl::InvalidArgumentError(
      absl::StrCat("augment.", key, " ", value, " is not in ", allowed));
}

}  // namespace

absl::Status CheckAugment(const AugmentRecipe& recipe) {
  const auto share = [](double p) { return p >= 0 && p <= 1; };
  LB_RETURN_IF_ERROR(CheckRange("flip", recipe.flip, share(recipe.flip), "[0, 1]"));
  LB_RETURN_IF_ERROR(CheckRange("erase", recipe.erase, share(recipe.erase), "[0, 1]"));
  LB_RETURN_IF_ERROR(
      CheckRange("color", recipe.color, recipe.color >= 0 && recipe.color < 1, "[0, 1)"));
  LB_RETURN_IF_ERROR(CheckRange("rotate_degrees", recipe.rotate_degrees,
                                recipe.rotate_degrees >= 0 && recipe.rotate_degrees <= 180,
                                "[0, 180]"));
  LB_RETURN_IF_ERROR(
      CheckRange("crop_scale[0]", recipe.crop_scale_min,
                 recipe.crop_scale_min > 0 && recipe.crop_scale_min <= recipe.crop_scale_max,
                 "(0, crop_scale[1]]"));
  return CheckRange("crop_scale[1]", recipe.crop_scale_max, share(recipe.crop_scale_max), "(0, 1]");
}

Augmenter::Augmenter(const AugmentRecipe& recipe, int side, std::array<uint8_t, 3> fill)
    : recipe_(recipe),
      side_(side),
      fill_(fill),
      warps_(recipe.flip > 0 || recipe.rotate_degrees > 0 || recipe.crop_scale_min < 1) {
  UseOneOpenCvThread();
}

absl::Status Augmenter::Apply(absl::Span<const uint8_t> in, Random* random, Image* out) const {
  return CatchToStatus("augmenting an image", [&] {
    out->width = out->height = side_;
    if (warps_) {
      out->rgb.resize(in.size());
      Warp(in, random, out);
    } else {
      out->rgb.assign(in.begin(), in.end());
    }
    if (recipe_.color > 0) Jitter(random, out);
    if (recipe_.erase > 0 && random->Chance(recipe_.erase)) Erase(random, out);
    return absl::OkStatus();
  });
}

// Each output pixel is read at  center + R · scale · flip · (pixel - middle).
void Augmenter::Warp(absl::Span<const uint8_t> in, Random* random, Image* out) const {
  const double scale = std::sqrt(random->Uniform(recipe_.crop_scale_min, recipe_.crop_scale_max));
  const double angle = random->Uniform(-1, 1) * recipe_.rotate_degrees * M_PI / 180;
  const bool flip = random->Chance(recipe_.flip);
  const double room = side_ * (1 - scale) / 2;
  const double middle = (side_ - 1) / 2.0;
  const double center_x = middle + random->Uniform(-room, room);
  const double center_y = middle + random->Uniform(-room, room);
  const double c = scale * std::cos(angle), s = scale * std::sin(angle);
  const double fx = flip ? -1 : 1;
  const cv::Matx23d map(c * fx, -s, center_x - c * fx * middle + s * middle, s * fx, c,
                        center_y - s * fx * middle - c * middle);
  // OpenCV reads through a non-const pointer type; it does not write.
  const cv::Mat from(side_, side_, CV_8UC3, const_cast<uint8_t*>(in.data()));
  cv::Mat to(side_, side_, CV_8UC3, out->rgb.data());
  cv::warpAffine(from, to, map, to.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REFLECT_101);
}

// The three steps are linear, so they are one: channel -> a · channel + b · grey + k.
void Augmenter::Jitter(Random* random, Image* out) const {
  const auto factor = [&] { return random->Uniform(1 - recipe_.color, 1 + recipe_.color); };
  const double brightness = factor(), contrast = factor(), saturation = factor();
  cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
  const cv::Scalar mean = cv::mean(image);
  const double mean_grey = kLuma[0] * mean[0] + kLuma[1] * mean[1] + kLuma[2] * mean[2];
  const double a = brightness * contrast * saturation;
  const double b = brightness * contrast * (1 - saturation);
  const auto k = static_cast<float>(brightness * (1 - contrast) * mean_grey);
  cv::Matx34f map;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      map(row, column) = static_cast<float>(b * kLuma[column] + (row == column ? a : 0));
    }
    map(row, 3) = k;
  }
  cv::transform(image, image, map);
}

void Augmenter::Erase(Random* random, Image* out) const {
  for (int i = 0; i < kEraseTries; ++i) {
    const double area = random->Uniform(kEraseAreaMin, kEraseAreaMax) * side_ * side_;
    const double aspect = std::exp(random->Uniform(-1, 1) * std::log(kEraseAspectMax));
    const int width = static_cast<int>(std::lround(std::sqrt(area * aspect)));
    const int height = static_cast<int>(std::lround(std::sqrt(area / aspect)));
    if (width < 1 || height < 1 || width > side_ || height > side_) continue;
    const auto x = static_cast<int>(random->Below(side_ - width + 1));
    const auto y = static_cast<int>(random->Below(side_ - height + 1));
    cv::Mat image(side_, side_, CV_8UC3, out->rgb.data());
    image(cv::Rect(x, y, width, height)).setTo(cv::Scalar(fill_[0], fill_[1], fill_[2]));
    return;
  }
}

}  // namespace lookbook
