#include "models/dataset/rle.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "models/dataset/random.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The format's definition, word by word: pixel n (from 1) is row (n-1) % height of column (n-1) /
// height.
std::vector<uint8_t> PaintPlainly(const std::string& text, int width, int height) {
  std::vector<uint8_t> on(width * height, 0);
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    const int start = std::stoi(words[i]), length = std::stoi(words[i + 1]);
    for (int n = start; n < start + length; ++n)
      on[(n - 1) % height * width + (n - 1) / height] = 1;
  }
  return on;
}

Mask RandomMask(int width, int height, double density, Random* random) {
  Mask mask = {width, height, std::vector<uint8_t>(width * height)};
  for (uint8_t& pixel : mask.on) pixel = random->Chance(density);
  return mask;
}

TEST(RleTest, CountsFromOneDownTheColumns) {
  LB_ASSERT_OK_AND_ASSIGN(const Mask mask, DecodeRle("1 1 3 2 6 1", 3, 2));
  // Pixels by number:  1 3 5
  //                    2 4 6
  EXPECT_THAT(mask.on, ElementsAre(1, 1, 0,  //
                                   0, 1, 1));
  EXPECT_EQ(mask.width, 3);
  EXPECT_EQ(mask.height, 2);
}

TEST(RleTest, EncodesTheShortestForm) {
  EXPECT_EQ(EncodeRle({3, 2, {1, 1, 0, 0, 1, 1}}), "1 1 3 2 6 1");
  EXPECT_EQ(EncodeRle({3, 2, {1, 1, 1, 1, 1, 1}}), "1 6");
  EXPECT_EQ(EncodeRle({3, 2, {0, 0, 0, 0, 0, 0}}), "");
  EXPECT_EQ(EncodeRle({1, 1, {1}}), "1 1");
}

TEST(RleTest, EmptyTextIsAnEmptyMask) {
  LB_ASSERT_OK_AND_ASSIGN(const Mask mask, DecodeRle("", 2, 2));
  EXPECT_THAT(mask.on, ElementsAre(0, 0, 0, 0));
}

TEST(RleTest, RunsMayComeInAnyOrderAndOverlap) {
  LB_ASSERT_OK_AND_ASSIGN(const Mask mask, DecodeRle(" 3 2  1 1 4 1 ", 1, 4));
  EXPECT_THAT(mask.on, ElementsAre(1, 0, 1, 1));
}

TEST(RleTest, DecodeUndoesEncode) {
  Random random(11);
  for (int i = 0; i < 300; ++i) {
    const auto width = static_cast<int>(1 + random.Below(17));
    const auto height = static_cast<int>(1 + random.Below(17));
    const Mask mask = RandomMask(width, height, random.Uniform(), &random);
    const std::string text = EncodeRle(mask);
    EXPECT_EQ(PaintPlainly(text, width, height), mask.on);
    LB_ASSERT_OK_AND_ASSIGN(const Mask decoded, DecodeRle(text, width, height));
    EXPECT_EQ(decoded.on, mask.on) << width << "x" << height << ": " << text;
  }
}

TEST(RleTest, DecodesAsThePlainLoopDoes) {
  Random random(12);
  for (int i = 0; i < 300; ++i) {
    const int width = 9, height = 13, pixels = width * height;
    std::string text;
    for (uint64_t run = random.Below(6); run > 0; --run) {
      const uint64_t start = 1 + random.Below(pixels);
      absl::StrAppend(&text, text.empty() ? "" : " ", start, " ",
                      1 + random.Below(pixels - start + 1));
    }
    LB_ASSERT_OK_AND_ASSIGN(const Mask mask, DecodeRle(text, width, height));
    EXPECT_EQ(mask.on, PaintPlainly(text, width, height)) << text;
  }
}

TEST(RleTest, RefusesWhatIsNoMask) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1", "1 numbers"},
      {"1 2 3", "3 numbers"},
      {"0 1", "start 0"},
      {"1 0", "length 0"},
      {"7 1", "leaves the image"},
      {"6 2", "leaves the image"},
      {"1 7", "leaves the image"},
      {"1 4294967295", "leaves"},
      {"1 4294967296", "not a number"},
      {"-1 2", "not a number"},
      {"+1 2", "not a number"},
      {"1 x", "not a number"},
      {"1 2.5", "not a number"},
      {"1 2 3 9999999999999999999999", "not a number"},
      {"1,2", "not a number"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(DecodeRle(text, 3, 2),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  }
}

TEST(RleTest, NamesTheRun) {
  EXPECT_THAT(DecodeRle("1 1 2 1 9 9", 3, 2),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("run 2")));
}

TEST(RleTest, RefusesAnImageWithoutPixels) {
  EXPECT_THAT(DecodeRle("", 0, 2), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeRle("", 2, -1), StatusIs(absl::StatusCode::kInvalidArgument));
}

// The check says what the decoder says, for good and bad texts alike.
TEST(RleTest, CheckAgreesWithDecode) {
  for (const char* text :
       {"", "1 1", "1 12", "12 1", " 3 2  1 1\t4 1 ", "13 1", "12 2", "0 1", "1 0", "1", "1 1 2",
        "1 x", "-1 1", "1 1.5", "4294967296 1", "4294967295 1", "1 4294967295",
        "99999999999999999999999 1", "1 1 2 1 \n"}) {
    EXPECT_EQ(CheckRle(text, 3, 4), DecodeRle(text, 3, 4).status()) << text;
  }
  EXPECT_THAT(CheckRle("1 1", 0, 4), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckRle("1 1 13 1", 3, 4),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("run 1: 13 + 1 leaves")));
}

}  // namespace
}  // namespace lookbook
