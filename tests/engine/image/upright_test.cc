#include "engine/image/upright.h"

#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// A picture of letters, rows parted by "/": three samples a letter, each with its own value.
Image Letters(const std::string& text) {
  Image image;
  image.width = static_cast<int>(text.find('/'));
  for (const char letter : text + "/") {
    if (letter == '/') {
      ++image.height;
      continue;
    }
    for (int c = 0; c < 3; ++c) image.rgb.push_back(static_cast<uint8_t>(letter + 50 * c));
  }
  return image;
}

// Stored rows as the Exif standard draws them: the letter F, upright "ab/cd/ef".
TEST(MakeUprightTest, UndoesEachOrientation) {
  const Image upright = Letters("ab/cd/ef");
  const char* stored[] = {"ab/cd/ef", "ba/dc/fe", "fe/dc/ba", "ef/cd/ab",
                          "ace/bdf",  "bdf/ace",  "fdb/eca",  "eca/fdb"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    LB_ASSERT_OK_AND_ASSIGN(const Image turned,
                            MakeUpright(Letters(stored[orientation - 1]), orientation));
    EXPECT_EQ(turned.width, upright.width);
    EXPECT_EQ(turned.height, upright.height);
    EXPECT_EQ(turned.rgb, upright.rgb);
  }
}

TEST(MakeUprightTest, WhatOpenCvThrowsBecomesAStatus) {
  Image impossible;
  impossible.width = -4;
  impossible.height = 4;
  EXPECT_THAT(MakeUpright(impossible, 5),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("upright")));
}

}  // namespace
}  // namespace lookbook
