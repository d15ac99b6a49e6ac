#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/support/image_files.h"

namespace lookbook {

Image GradientImage(int width, int height) {
  Image image{width, height, {}};
  image.rgb.reserve(size_t{3} * width * height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (x + 0.5) / width, v = (y + 0.5) / height;
      image.rgb.push_back(static_cast<uint8_t>(20 + 215 * u));
      image.rgb.push_back(static_cast<uint8_t>(235 - 190 * v));
      image.rgb.push_back(static_cast<uint8_t>(40 + 150 * u * v));
    }
  }
  return image;
}

Image NoisyImage(int width, int height, uint32_t seed) {
  Image image = GradientImage(width, height);
  std::mt19937 random(seed);
  for (uint8_t& sample : image.rgb) {
    sample = static_cast<uint8_t>(
        std::clamp<int>(sample + static_cast<int>(random() % 64) - 32, 0, 255));
  }
  return image;
}

Image SolidImage(int width, int height, uint8_t red, uint8_t green, uint8_t blue) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.rgb.insert(image.rgb.end(), {red, green, blue});
  return image;
}

int LargestDifference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height || a.rgb.size() != b.rgb.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i)
    largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
  return largest;
}

}  // namespace lookbook
