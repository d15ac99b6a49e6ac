#include "server/transport/grpc_status.h"

#include <algorithm>
#include <utility>

#include "base/reason.h"
#include "base/retry_pushback.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(GrpcStatusTest, OkHasNoDetails) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(GrpcStatusTest, ReasonAndMessageTravelInTheDetails) {
  const grpc::Status status = ToGrpcStatus(InvalidArgument("bad_k", "top_k 1001 is above 1000"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "top_k 1001 is above 1000");
  EXPECT_EQ(ReasonIn(status), "bad_k");
}

TEST(GrpcStatusTest, CodesThatTellTheCallerWhatToDoKeepTheirNumber) {
  for (const auto code : {absl::StatusCode::kCancelled, absl::StatusCode::kInvalidArgument,
                          absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kNotFound,
                          absl::StatusCode::kPermissionDenied, absl::StatusCode::kUnauthenticated,
                          absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnimplemented,
                          absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss}) {
    const absl::Status status(code, "why");
    EXPECT_EQ(static_cast<int>(ToGrpcStatus(status).error_code()), static_cast<int>(code));
    EXPECT_EQ(ToGrpcStatus(status).error_message(), "why");
    EXPECT_FALSE(IsOurFault(status));
    EXPECT_NE(ReasonIn(ToGrpcStatus(status)), "") << "every refusal carries a reason";
  }
}

TEST(GrpcStatusTest, FaultsOfOursSayNothingOfTheirCause) {
  for (const auto code : {absl::StatusCode::kUnknown, absl::StatusCode::kAlreadyExists,
                          absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAborted,
                          absl::StatusCode::kOutOfRange, absl::StatusCode::kInternal,
                          static_cast<absl::StatusCode>(99)}) {
    const absl::Status fault = WithReason(absl::Status(code, "torch: /srv/secret.ts"), "detail");
    const grpc::Status status = ToGrpcStatus(fault);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
    EXPECT_THAT(status.error_details(), Not(HasSubstr("secret")));
    EXPECT_EQ(ReasonIn(status), "internal");
    EXPECT_TRUE(IsOurFault(fault));
  }
}

TEST(GrpcStatusTest, ThePushbackIsWhatTheStatusCarriesSpreadOverAsMuchAgain) {
  const absl::Status full = absl::ResourceExhaustedError("full");
  const auto range = [](const absl::Status& status) {
    std::pair<int, int> seen{1 << 30, 0};
    for (int i = 0; i < 2000; ++i) {
      const int milliseconds = RetryPushbackMilliseconds(status);
      seen = {std::min(seen.first, milliseconds), std::max(seen.second, milliseconds)};
    }
    return seen;
  };
  const auto expect = [&](const absl::Status& status, int least) {
    const auto [low, high] = range(status);
    EXPECT_GE(low, least);
    EXPECT_LT(high, 2 * least);
    EXPECT_GT(high - low, least / 2) << "those who were refused together do not come together";
  };
  expect(full, 100);
  expect(WithRetryPushback(full, absl::Milliseconds(700)), 700);
  expect(WithRetryPushback(full, absl::ZeroDuration()), 20);
  expect(WithRetryPushback(full, absl::Hours(3)), 10'000);
}

}  // namespace
}  // namespace lookbook
