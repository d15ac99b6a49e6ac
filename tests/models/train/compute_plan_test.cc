#include "models/train/compute_plan.h"

#include <torch/cuda.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<ComputePlan> Plan(const std::string& device, const std::string& precision) {
  Recipe recipe;
  recipe.device = device;
  recipe.precision = precision;
  return MakeComputePlan(recipe);
}

TEST(ComputePlanTest, TheCpuComputesInFloat32UnlessToldOtherwise) {
  LB_ASSERT_OK_AND_ASSIGN(const ComputePlan plain, MakeComputePlan(Recipe{}));
  EXPECT_TRUE(plain.device.is_cpu());
  EXPECT_FALSE(plain.bf16);
  LB_ASSERT_OK_AND_ASSIGN(const ComputePlan mixed, Plan("cpu", "bf16"));
  EXPECT_TRUE(mixed.bf16);
}

TEST(ComputePlanTest, NamesThatAreNotKnownAreRefused) {
  EXPECT_THAT(Plan("tpu", "fp32"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"tpu\"")));
  EXPECT_THAT(Plan("cpu", "fp16"), StatusIs(absl::StatusCode::kInvalidArgument,
                                            AllOf(HasSubstr("\"fp16\""), HasSubstr("bf16"))));
  EXPECT_THAT(Plan("cpu", "tf32"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("device cpu")));
}

TEST(ComputePlanTest, AGpuThatIsNotThereIsNamed) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "there is one";
  EXPECT_THAT(Plan("cuda", "bf16"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no GPU")));
}

}  // namespace
}  // namespace lookbook
