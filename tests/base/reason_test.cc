#include "base/reason.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(ReasonTest, TravelsWithTheStatus) {
  const absl::Status status = InvalidArgument("bad_k", "top_k 1001 is above 1000");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "top_k 1001 is above 1000"));
  EXPECT_EQ(GetReason(status), "bad_k");
}

TEST(ReasonTest, TheLastOneCounts) {
  EXPECT_EQ(GetReason(WithReason(InvalidArgument("corrupt", "x"), "truncated")), "truncated");
}

TEST(ReasonTest, IsEmptyWithoutOneAndOnOk) {
  EXPECT_EQ(GetReason(absl::InternalError("x")), "");
  EXPECT_THAT(WithReason(absl::OkStatus(), "none"), IsOk());
  EXPECT_EQ(GetReason(WithReason(absl::OkStatus(), "none")), "");
}

}  // namespace
}  // namespace lookbook
