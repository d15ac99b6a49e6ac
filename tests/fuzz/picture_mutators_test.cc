// Structure-aware changes reach the decoders where plain ones end at the door.
#include "tests/fuzz/picture_mutators.h"

#include <gtest/gtest.h>

#include "engine/image/decode.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

constexpr int kRounds = 400;

std::string MutatePlainly(absl::string_view file, const ChangeBytes& change, Random*) {
  std::string bytes(file);
  change(&bytes);
  return bytes;
}

// Of kRounds changed files, those that are not the file and still decode.
int CountDecoding(MutatePicture mutate, const std::string& file) {
  Random random(1);
  int decoding = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string changed = mutate(file, &ChangeByFuzzer, &random);
    if (changed != file && DecodeImage(changed, {}).ok()) ++decoding;
  }
  return decoding;
}

TEST(PictureMutatorsTest, ManyChangedPngsDecode) {
  const std::string png = MakePng(NoisyImage(16, 16));
  EXPECT_GT(CountDecoding(&MutatePng, png), kRounds / 8);
  EXPECT_LT(CountDecoding(&MutatePlainly, png), kRounds / 50);
}

TEST(PictureMutatorsTest, ManyChangedJpegsDecode) {
  const std::string jpeg = MakeJpeg(NoisyImage(16, 16));
  EXPECT_GT(CountDecoding(&MutateJpeg, jpeg), kRounds / 16);
}

TEST(PictureMutatorsTest, AnyBytesCanBeChanged) {
  Random random(1);
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes(random() % 40, '\xFF');
    for (char& byte : bytes) byte = static_cast<char>(random());
    MutatePng(bytes, &ChangeByFuzzer, &random);
    MutateJpeg(bytes, &ChangeByFuzzer, &random);
  }
}

// What libFuzzer hands over has room for max_size bytes and no more.
TEST(PictureMutatorsTest, TheResultHasRoom) {
  const std::string png = MakePng(NoisyImage(16, 16));
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    std::string buffer = png;
    auto* const data = reinterpret_cast<uint8_t*>(buffer.data());
    EXPECT_LE(MutateInPlace(&MutatePng, data, png.size(), png.size(), seed), png.size());
  }
}

}  // namespace
}  // namespace lookbook
