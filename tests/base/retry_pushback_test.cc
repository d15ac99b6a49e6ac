#include "base/retry_pushback.h"

#include "base/reason.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(RetryPushbackTest, StaysWithTheStatusBesideItsReason) {
  const absl::Status status = WithRetryPushback(
      WithReason(absl::ResourceExhaustedError("full"), "queue_full"), absl::Milliseconds(40));
  EXPECT_EQ(GetRetryPushback(status), absl::Milliseconds(40));
  EXPECT_THAT(status, HasReason("queue_full"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, std::string("full")));
}

TEST(RetryPushbackTest, IsRoundedUpToMilliseconds) {
  const auto carried = [](absl::Duration after) {
    return GetRetryPushback(WithRetryPushback(absl::ResourceExhaustedError(""), after));
  };
  EXPECT_EQ(carried(absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(carried(absl::Microseconds(1)), absl::Milliseconds(1));
  EXPECT_EQ(carried(absl::Milliseconds(7)), absl::Milliseconds(7));
}

TEST(RetryPushbackTest, IsNotThereUnlessItWasSaid) {
  EXPECT_EQ(GetRetryPushback(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(GetRetryPushback(absl::ResourceExhaustedError("full")), std::nullopt);
  EXPECT_EQ(GetRetryPushback(WithRetryPushback(absl::OkStatus(), absl::Seconds(1))), std::nullopt);
}

}  // namespace
}  // namespace lookbook
