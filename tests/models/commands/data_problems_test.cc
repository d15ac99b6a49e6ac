#include "models/commands/data_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

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

std::vector<UnreadablePicture> Broken(int count) {
  std::vector<UnreadablePicture> out;
  for (int i = 0; i < count; ++i)
    out.push_back({absl::StrCat(i), absl::StrCat("t/", i), i + 2, "why"});
  return out;
}

TEST(DataProblemsTest, TheFileHasALineForEachWhereTheTerminalHasFive) {
  TempDir dir;
  DataProblems problems(false);
  problems.Count({{"malformed row", 1, {"train.csv:3: a field\nof two lines"}}});
  ASSERT_THAT(problems.KeepIn(dir / "problems.txt"), IsOk());
  EXPECT_THAT(ReadFile(dir / "problems.txt"),
              IsOkAndHolds("train.csv:3: a field of two lines (malformed row)\n"
                           "1 problem: 1 malformed row\n"));
  EXPECT_THAT(Told(problems, Broken(30)), HasSubstr("… and 25 more (unreadable image)"));
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(dir / "problems.txt"));
  for (int i = 0; i < 30; ++i)
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\ntrain.csv:", i + 2, ": t/", i, ": why (unread")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 32);
  ::testing::internal::CaptureStdout();
  problems.PrintSummary();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            absl::StrCat("problems 31 problems: 1 malformed row, 30 unreadable image; each in ",
                         dir / "problems.txt", "\n"));
}

TEST(DataProblemsTest, WhatAnEarlierCommandMetStaysInTheFileWhereItsSetIsUnchanged) {
  TempDir dir;
  const std::string file = dir / "problems.txt";
  DataProblems first(false);
  first.Count({{"malformed row", 1, {"train.csv:9: old"}}});
  ASSERT_THAT(first.KeepIn(file), IsOk());
  Told(first, Broken(2));
  DataProblems second(false);
  ASSERT_THAT(second.KeepIn(file, {"train.csv"}), IsOk());
  const std::string two =
      "train.csv:2: t/0: why (unreadable image)\n"
      "train.csv:3: t/1: why (unreadable image)\n"
      "2 problems: 2 unreadable image\n";
  EXPECT_THAT(ReadFile(file), IsOkAndHolds(two)) << "the labels are read again, and told anew";
  EXPECT_EQ(second.Summary(), "no problems") << "this command met none";
  // The same picture, met again, is one line.
  Told(second, {{"1", "t/1", 3, "another reason"}});
  EXPECT_THAT(ReadFile(file), IsOkAndHolds(HasSubstr("2 problems: 2 unreadable image\n")));
  DataProblems third(false);
  ASSERT_THAT(third.KeepIn(file, {"holdout.csv"}), IsOk());
  EXPECT_FALSE(PathExists(file)) << "of another set";
}

TEST(DataProblemsTest, StrictWritesThemBeforeItRefuses) {
  TempDir dir;
  DataProblems problems(/*strict=*/true);
  problems.Count({{"malformed row", 1, {"train.csv:3: x"}}});
  EXPECT_THAT(problems.KeepIn(dir / "problems.txt"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("--strict accepts none"), HasSubstr(dir / "problems.txt"))));
  EXPECT_TRUE(PathExists(dir / "problems.txt"));
}

TEST(DataProblemsTest, AFileThatCannotBeWrittenIsAnError) {
  DataProblems problems(false);
  problems.Count({{"malformed row", 1, {"train.csv:3: x"}}});
  EXPECT_THAT(problems.KeepIn("/proc/no/problems.txt"), Not(IsOk()));
}

}  // namespace
}  // namespace lookbook
