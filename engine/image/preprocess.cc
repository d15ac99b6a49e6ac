#include "engine/image/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/image/resize.h"

namespace lookbook {
namespace {

constexpr int kMaxSize = 4096;  // No model looks at more; keeps products of sides small.

absl::Status Check(const Image& image, const PreprocessSpec& spec) {
  const bool holds_pixels = image.width > 0 && image.height > 0 &&
                            image.rgb.size() == size_t{3} * image.width * image.height;
  if (!holds_pixels) {
    return InvalidArgument("empty_image",
                           absl::StrCat("an image of ", image.width, "x", image.height, " with ",
                                        image.rgb.size(), " bytes has no pixels to prepare"));
  }
  if (spec.size < 1 || spec.size > kMaxSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("preprocess.size ", spec.size, " is not in 1..", kMaxSize));
  }
  return absl::OkStatus();
}

// `side` scaled as `reference` goes to `size`.
int Scaled(int side, int reference, int size) {
  return std::max<int>(1, std::lround(static_cast<double>(side) * size / reference));
}

// Copies the rectangle that `from` and `to` share when `from` is put at (x, y) of `to`.
void Paste(const Image& from, int x, int y, Image* to) {
  const int left = std::max(x, 0), right = std::min(x + from.width, to->width);
  const int top = std::max(y, 0), bottom = std::min(y + from.height, to->height);
  for (int row = top; row < bottom; ++row) {
    const auto begin = from.rgb.begin() + size_t{3} * (size_t(row - y) * from.width + (left - x));
    std::copy(begin, begin + 3 * (right - left),
              to->rgb.begin() + size_t{3} * (size_t(row) * to->width + left));
  }
}

Image MeanColored(const PreprocessSpec& spec) {
  Image image{spec.size, spec.size, std::vector<uint8_t>(spec.TensorSize())};
  for (size_t i = 0; i < image.rgb.size(); ++i) {
    image.rgb[i] =
        static_cast<uint8_t>(std::lround(std::clamp(spec.mean[i % 3], 0.0f, 1.0f) * 255));
  }
  return image;
}

// kPad and kCrop: the picture keeps its shape and lies in the middle of the square, within it or
// beyond it.
absl::StatusOr<Image> FitKeepingShape(const Image& image, const PreprocessSpec& spec) {
  const int reference = spec.resize == ResizeMode::kPad ? std::max(image.width, image.height)
                                                        : std::min(image.width, image.height);
  LB_ASSIGN_OR_RETURN(const Image resized,
                      Resize(image, Scaled(image.width, reference, spec.size),
                             Scaled(image.height, reference, spec.size), spec.interpolation));
  Image square = MeanColored(spec);
  const auto centre = [&spec](int side) {
    return side <= spec.size ? (spec.size - side) / 2 : -((side - spec.size) / 2);
  };
  Paste(resized, centre(resized.width), centre(resized.height), &square);
  return square;
}

}  // namespace

absl::StatusOr<Image> ResizeForModel(const Image& image, const PreprocessSpec& spec) {
  LB_RETURN_IF_ERROR(Check(image, spec));
  if (spec.resize == ResizeMode::kSquish)
    return Resize(image, spec.size, spec.size, spec.interpolation);
  return CatchToStatus("fitting the image", [&] { return FitKeepingShape(image, spec); });
}

void Normalize(const Image& image, const PreprocessSpec& spec, absl::Span<float> out) {
  // A sample has 256 values: three tables give the formula's exact result without a division a
  // pixel.
  std::array<std::array<float, 256>, 3> table;
  for (size_t c = 0; c < 3; ++c) {
    for (int value = 0; value < 256; ++value) {
      table[c][value] = (static_cast<float>(value) / 255.0f - spec.mean[c]) / spec.std[c];
    }
  }
  const size_t pixels = image.rgb.size() / 3;
  const uint8_t* rgb = image.rgb.data();
  float* red = out.data();
  float* green = red + pixels;
  float* blue = green + pixels;
  for (size_t i = 0; i < pixels; ++i) {
    red[i] = table[0][rgb[3 * i]];
    green[i] = table[1][rgb[3 * i + 1]];
    blue[i] = table[2][rgb[3 * i + 2]];
  }
}

absl::Status Preprocess(const Image& image, const PreprocessSpec& spec, absl::Span<float> out) {
  if (static_cast<int64_t>(out.size()) != spec.TensorSize()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the output holds ", out.size(), " values, the input tensor ", spec.TensorSize()));
  }
  LB_ASSIGN_OR_RETURN(const Image resized, ResizeForModel(image, spec));
  Normalize(resized, spec, out);
  return absl::OkStatus();
}

}  // namespace lookbook
