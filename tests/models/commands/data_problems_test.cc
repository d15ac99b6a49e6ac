#include "models/commands/data_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<ImageRecord> kImages = {{.id = "a", .path = "t/a.jpg", .line = 2},
                                          {.id = "b", .path = "t/b.jpg", .line = 5},
                                          {.id = "c", .path = "t/c.jpg", .line = 9}};

// What AddUnreadable() printed.
std::string Told(DataProblems& problems, const std::vector<UnreadablePicture>& pictures) {
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(problems.AddUnreadable("train.csv", pictures), IsOk());
  return ::testing::internal::GetCapturedStderr();
}

TEST(DataProblemsTest, EachPictureIsToldOnceWithItsRowAndReasonWhicheverStepMetIt) {
  DataProblems problems(/*strict=*/false);
  EXPECT_EQ(Told(problems, UnreadablePictures(
                               kImages, std::vector<UnreadableImage>{{1, "t/b.jpg: no JPEG"}})),
            "data     train.csv:5: t/b.jpg: no JPEG (unreadable image)\n"
            "data     1 problem: 1 unreadable image\n");
  EXPECT_EQ(Told(problems,
                 UnreadablePictures(kImages, std::vector<std::string>{"b: no JPEG", "c: 0 x 0"})),
            "data     train.csv:9: t/c.jpg: 0 x 0 (unreadable image)\n"
            "data     1 problem: 1 unreadable image\n");
  EXPECT_EQ(Told(problems, {}), "");
  EXPECT_EQ(problems.Summary(), "2 problems: 2 unreadable image");
}

TEST(DataProblemsTest, ManyAreCountedAndTheLabelsProblemsAreAdded) {
  DataProblems problems(false);
  std::vector<UnreadablePicture> many;
  for (int i = 0; i < 30; ++i) many.push_back({absl::StrCat(i), absl::StrCat("t/", i), i, "why"});
  EXPECT_THAT(Told(problems, many), HasSubstr("… and 25 more (unreadable image)"));
  problems.Count({{"unknown class id", 2, {"train.csv:3: 99"}}});
  EXPECT_EQ(problems.Summary(), "32 problems: 30 unreadable image, 2 unknown class id");
  ::testing::internal::CaptureStdout();
  problems.PrintSummary();
  DataProblems(false).PrintSummary();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "problems 32 problems: 30 unreadable image, 2 unknown class id\n");
}

TEST(DataProblemsTest, StrictRefusesThem) {
  DataProblems problems(/*strict=*/true);
  EXPECT_THAT(problems.AddUnreadable("train.csv", {}), IsOk());
  EXPECT_THAT(problems.AddUnreadable("train.csv", {{"a", "t/a.jpg", 2, "why"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("train.csv:2: t/a.jpg: why (unreadable image)"),
                             HasSubstr("--strict accepts none"))));
}

}  // namespace
}  // namespace lookbook
