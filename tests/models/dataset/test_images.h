// Small pictures for tests of what reads pictures.
#pragma once

#include <cstdint>

#include "engine/image/image.h"
#include "models/dataset/random.h"

namespace lookbook {

// Smooth waves of a few frequencies and one colour, drawn by the seed: different seeds look
// different, and the same seed at another size looks the same.
inline Image WavyImage(int width, int height, uint64_t seed) {
  Random random(seed);
  double waves[4][3];
  for (auto& wave : waves) {
    wave[0] = random.Uniform(0.5, 4);
    wave[1] = random.Uniform(0.5, 4);
    wave[2] = random.Uniform(0, 6.3);
  }
  Image image = {width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double value = 0;
      for (const auto& wave : waves)
        value += __builtin_sin(6.283 * (wave[0] * x / width + wave[1] * y / height) + wave[2]);
      const auto level = static_cast<uint8_t>(128 + 30 * value);
      image.rgb.push_back(level);
      image.rgb.push_back(static_cast<uint8_t>(level / 2 + 40));
      image.rgb.push_back(static_cast<uint8_t>(seed * 37));
    }
  }
  return image;
}

}  // namespace lookbook
