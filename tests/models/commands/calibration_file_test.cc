#include "models/commands/calibration_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

CalibrationResult Result() {
  CalibrationResult result{.source = "validation", .queries = 3, .pairs = 600};
  result.knots = {{-0.1F, 0}, {0.3F, 0.1F}, {0.7F, 1}};
  result.ece_before = 0.4;
  result.ece_after = 0.1;
  result.reliability = {{0.1, 0.2, 5}, {1.0 / 3, 0.5, 6}};
  result.reliability_first = {{0.9, 2.0 / 3, 3}};
  result.thresholds = {0.1F, 0.7F};
  result.novelty_similarity = 0.123456789F;
  result.top1_counts.assign(std::size(kTop1Bounds) + 1, 0);
  result.top1_counts[6] = 3;
  result.predicted_share = {1.0 / 3, 1};
  return result;
}

TEST(CalibrationFileTest, EveryFactBecomesAFieldAndComesBackToTheLastDigit) {
  TempDir dir;
  const CalibrationFacts facts = ToFacts(Result());
  EXPECT_EQ(facts.block.knots(1).probability(), 0.1F);
  EXPECT_EQ(facts.block.top1_similarity().upper_bounds(1), 0.1);
  EXPECT_EQ(facts.block.top1_similarity().counts(6), 3u);
  EXPECT_EQ(facts.block.predicted_share(0), 1.0 / 3);
  ASSERT_THAT(WriteCalibration(dir / "c.json", facts), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const CalibrationFacts back, ReadCalibration(dir / "c.json"));
  EXPECT_EQ(back.thresholds, facts.thresholds);
  ASSERT_EQ(back.reliability.size(), 2u);
  EXPECT_EQ(back.reliability[1].predicted, 1.0 / 3);
  EXPECT_EQ(back.reliability[1].observed, 0.5);
  EXPECT_EQ(back.reliability[1].pairs, 6);
  ASSERT_EQ(back.reliability_first.size(), 1u);
  EXPECT_EQ(back.reliability_first[0].observed, 2.0 / 3);
  EXPECT_TRUE(MessageDifferencer::Equals(back.block, facts.block)) << back.block.DebugString();
}

TEST(CalibrationFileTest, OtherFilesAreRefused) {
  TempDir dir;
  EXPECT_THAT(ReadCalibration(dir / "absent.json"), StatusIs(absl::StatusCode::kNotFound));
  for (const char* text :
       {"{", "{}",
        R"({"thresholds": ["a"], "calibration": {}, "reliability": [], "reliability_first": []})",
        R"({"thresholds": [0.5], "calibration": {}, "reliability_first": []})",
        R"({"thresholds": [0.5], "calibration": {}, "reliability": []})",
        R"({"thresholds": [0.5], "calibration": {"knot": 1}, "reliability": [],
            "reliability_first": []})"}) {
    ASSERT_THAT(WriteFile(dir / "c.json", text), IsOk());
    EXPECT_THAT(ReadCalibration(dir / "c.json"),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("c.json")))
        << text;
  }
}

}  // namespace
}  // namespace lookbook
