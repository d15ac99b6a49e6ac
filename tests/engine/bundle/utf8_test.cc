#include "engine/bundle/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace lookbook {
namespace {

TEST(Utf8Test, AcceptsEveryLengthAndTheEdgesOfEveryRange) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8(absl::string_view("\0", 1)));
  for (const char* text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "jup\xC3\xAA \xF0\x9F\x91\x97"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, RefusesOverlongFormsSurrogatesAndWhatIsCutOff) {
  for (const char* text :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "latin \xEA"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

// The definition itself: of all two-byte texts, those that encode a code point.
TEST(Utf8Test, AgreesWithTheDefinitionOnAllPairsOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const bool two_ascii = first < 128 && second < 128;
      const int code_point = (first & 0x1F) << 6 | (second & 0x3F);
      const bool one_pair = (first & 0xE0) == 0xC0 && (second & 0xC0) == 0x80 && code_point >= 128;
      EXPECT_EQ(IsUtf8(text), two_ascii || one_pair) << first << " " << second;
    }
  }
}

}  // namespace
}  // namespace lookbook
