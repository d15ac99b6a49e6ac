#include "models/commands/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProgressTest, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(
      FormatProgress({.label = "index",
                      .done = 4000,
                      .total = 8000,
                      .elapsed = absl::Seconds(5),
                      .extra = "loss 0.3"}),
      "index    [############............]  50 %  4000/8000 images  800/s  5 s left  loss 0.3");
}

TEST(ProgressTest, RateOfAResumedRunCountsOnlyItsOwnPart) {
  const std::string line = FormatProgress({.label = "train",
                                           .unit = "steps",
                                           .done = 110,
                                           .total = 210,
                                           .started_at = 100,
                                           .elapsed = absl::Seconds(2)});
  EXPECT_THAT(line, HasSubstr("110/210 steps  5.0/s  20 s left"));
}

TEST(ProgressTest, EndShowsTheTimeTaken) {
  const std::string line =
      FormatProgress({.label = "x", .done = 10, .total = 10, .elapsed = absl::Seconds(65)});
  EXPECT_THAT(line, HasSubstr("100 %"));
  EXPECT_THAT(line, HasSubstr("1 min 05 s"));
  EXPECT_THAT(line, Not(HasSubstr("left")));
}

TEST(ProgressTest, UnknownTotalAndFirstMomentAreFine) {
  EXPECT_THAT(FormatProgress({.label = "x", .done = 3, .total = 0, .elapsed = absl::Seconds(1)}),
              HasSubstr("3 images"));
  EXPECT_THAT(FormatProgress({.label = "x", .done = 0, .total = 10}), Not(HasSubstr("left")));
}

TEST(ProgressTest, Durations) {
  EXPECT_EQ(HumanDuration(absl::Milliseconds(400)), "0 s");
  EXPECT_EQ(HumanDuration(absl::Seconds(59)), "59 s");
  EXPECT_EQ(HumanDuration(absl::Seconds(200)), "3 min 20 s");
  EXPECT_EQ(HumanDuration(absl::Minutes(125)), "2 h 05 min");
}

TEST(ProgressTest, LinesGoToStandardErrorOnlyOnceThereIsSomething) {
  ::testing::internal::CaptureStderr();
  { ProgressLine quiet("quiet"); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ::testing::internal::CaptureStderr();
  {
    ProgressLine line("work");
    line.Update(1, 2);
    line.Print("a note");
    line.Update(2, 2);
  }
  const std::string shown = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(shown, HasSubstr("a note\n"));
  EXPECT_THAT(shown, HasSubstr("2/2"));
}

}  // namespace
}  // namespace lookbook
