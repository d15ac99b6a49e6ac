#include "models/study/step_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/models/study/steps_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class StepRecordTest : public ::testing::Test {
 protected:
  StepRecordTest() {
    EXPECT_THAT(MakeDirectories(dir_ / "train"), IsOk());
    Write("train/weights.pt", "weights");
    Write("evaluation.json", "{}");
  }
  void Write(const std::string& name, const std::string& text) {
    EXPECT_THAT(WriteFile(dir_ / name, text), IsOk());
  }
  bool IsCurrent(const std::string& step) {
    const absl::StatusOr<StepRecord> record = StepRecord::Read(dir_.path());
    EXPECT_THAT(record, IsOk());
    return record.ok() && record->IsCurrent(step);
  }
  TempDir dir_;
};

TEST_F(StepRecordTest, AStepIsCurrentAsLongAsItsOutputsAndTheWeightsAreThere) {
  EXPECT_FALSE(IsCurrent("train")) << "no steps.json";
  WriteSteps(dir_.path(), {{"train", {"train/weights.pt"}}, {"evaluate", {"evaluation.json"}}});
  EXPECT_TRUE(IsCurrent("train"));
  EXPECT_TRUE(IsCurrent("evaluate"));
  EXPECT_FALSE(IsCurrent("publish")) << "never ran";
  Write("evaluation.json", "{ }");
  EXPECT_TRUE(IsCurrent("train"));
  EXPECT_FALSE(IsCurrent("evaluate"));
}

TEST_F(StepRecordTest, WhatAnEarlierTrainingLeftIsNotCurrent) {
  WriteSteps(dir_.path(), {{"train", {"train/weights.pt"}}, {"evaluate", {"evaluation.json"}}});
  Write("train/weights.pt", "of another training, not finished");
  EXPECT_FALSE(IsCurrent("train"));
  EXPECT_FALSE(IsCurrent("evaluate"));
  AddSteps(dir_.path(), {{"train", {"train/weights.pt"}}});
  EXPECT_TRUE(IsCurrent("train"));
  EXPECT_FALSE(IsCurrent("evaluate")) << "of the weights before";
}

TEST_F(StepRecordTest, DamageIsNamed) {
  for (const char* bad : {"{", "[1]", R"({"train": {"outputs": 3}})"}) {
    Write("steps.json", bad);
    EXPECT_THAT(StepRecord::Read(dir_.path()),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("steps.json")));
  }
}

}  // namespace
}  // namespace lookbook
