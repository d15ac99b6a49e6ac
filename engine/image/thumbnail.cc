#include "engine/image/thumbnail.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/image/encode.h"
#include "engine/image/resize.h"

namespace lookbook {
namespace {

constexpr int kQuality = 85;

}  // namespace

absl::StatusOr<Image> ShrinkToFit(const Image& image, int longest_side) {
  if (longest_side < 1) {
    return absl::InvalidArgumentError(absl::StrCat("longest_side ", longest_side, " is below 1"));
  }
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() != size_t{3} * image.width * image.height) {
    return absl::InvalidArgumentError("an empty image cannot be shrunk");
  }
  const int longer = std::max(image.width, image.height);
  if (longer <= longest_side) return image;
  const auto scaled = [&](int side) {
    return std::max<int>(1, std::lround(static_cast<double>(side) * longest_side / longer));
  };
  return Resize(image, scaled(image.width), scaled(image.height), Interpolation::kArea);
}

absl::StatusOr<std::string> MakeThumbnail(const Image& image, int longest_side) {
  LB_ASSIGN_OR_RETURN(const Image small, ShrinkToFit(image, longest_side));
  return EncodeJpeg(small, kQuality);
}

}  // namespace lookbook
