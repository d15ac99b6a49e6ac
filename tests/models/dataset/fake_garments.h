// Small garment files in Fashion-MNIST's format: class c is a block of c + 6 rows and 12 columns
// with a grey of its own.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/dataset/garments.h"
#include "tests/models/dataset/test_folder.h"

namespace lookbook {

inline std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

inline void WriteGz(const std::string& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
            static_cast<int>(bytes.size()));
  EXPECT_EQ(gzclose(file), Z_OK);
}

inline std::string LabelFile(int count) {
  std::string bytes = BigEndian(0x801) + BigEndian(count);
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i % kGarmentClasses));
  return bytes;
}

// Row r of the block of class c is `base` + 8 · c + r bright; nothing is 0 inside.
inline std::string PixelFile(int count, int base) {
  std::string bytes =
      BigEndian(0x803) + BigEndian(count) + BigEndian(kGarmentSide) + BigEndian(kGarmentSide);
  for (int i = 0; i < count; ++i) {
    std::string pixels(kGarmentPixels, '\0');
    const int label = i % kGarmentClasses;
    for (int y = 4; y < label + 10; ++y) {
      for (int x = 8; x < 20; ++x)
        pixels[y * kGarmentSide + x] = static_cast<char>(base + 8 * label + y);
    }
    bytes += pixels;
  }
  return bytes;
}

// 30 train garments, 20 test garments, every class in both.
inline void WriteFakeGarments(const std::string& folder) {
  WriteGz(JoinPath(folder, "train-labels-idx1-ubyte.gz"), LabelFile(30));
  WriteGz(JoinPath(folder, "train-images-idx3-ubyte.gz"), PixelFile(30, 60));
  WriteGz(JoinPath(folder, "t10k-labels-idx1-ubyte.gz"), LabelFile(20));
  WriteGz(JoinPath(folder, "t10k-images-idx3-ubyte.gz"), PixelFile(20, 100));
}

}  // namespace lookbook
