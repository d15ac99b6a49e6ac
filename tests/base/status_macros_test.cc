#include "base/status_macros.h"

#include <memory>
#include <string>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

absl::Status ReturnsEarly(const absl::Status& status, bool* reached_end) {
  LB_RETURN_IF_ERROR(status);
  *reached_end = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Doubled(absl::StatusOr<std::unique_ptr<int>> input) {
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<int> value, std::move(input));
  LB_ASSIGN_OR_RETURN(const int doubled, absl::StatusOr<int>(2 * *value));
  return doubled;
}

TEST(StatusMacrosTest, ReturnIfErrorGoesOnWhenOk) {
  bool reached_end = false;
  EXPECT_THAT(ReturnsEarly(absl::OkStatus(), &reached_end), IsOk());
  EXPECT_TRUE(reached_end);
}

TEST(StatusMacrosTest, ReturnIfErrorStopsAtTheError) {
  bool reached_end = false;
  EXPECT_THAT(ReturnsEarly(absl::NotFoundError("item 7"), &reached_end),
              StatusIs(absl::StatusCode::kNotFound, "item 7"));
  EXPECT_FALSE(reached_end);
}

TEST(StatusMacrosTest, AssignOrReturnMovesTheValue) {
  EXPECT_THAT(Doubled(std::make_unique<int>(21)), IsOkAndHolds(42));
}

TEST(StatusMacrosTest, AssignOrReturnHandsOnTheError) {
  EXPECT_THAT(Doubled(absl::DataLossError("bits")), StatusIs(absl::StatusCode::kDataLoss, "bits"));
}

}  // namespace
}  // namespace lookbook
