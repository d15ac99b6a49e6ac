#include "server/metrics/request_series.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(RequestSeriesTest, CodesHaveTheNamesOfGrpc) {
  EXPECT_STREQ(CodeName(absl::StatusCode::kOk), "OK");
  EXPECT_STREQ(CodeName(absl::StatusCode::kInvalidArgument), "INVALID_ARGUMENT");
  EXPECT_STREQ(CodeName(absl::StatusCode::kDeadlineExceeded), "DEADLINE_EXCEEDED");
  EXPECT_STREQ(CodeName(absl::StatusCode::kUnimplemented), "UNIMPLEMENTED");
  EXPECT_STREQ(CodeName(absl::StatusCode::kUnauthenticated), "UNAUTHENTICATED");
}

// absl prints its codes by the same names, so it is the reference.
TEST(RequestSeriesTest, EveryCodeAgreesWithAbseil) {
  for (int code = 0; code < static_cast<int>(kStatusCodes); ++code) {
    const auto typed = static_cast<absl::StatusCode>(code);
    EXPECT_EQ(CodeName(typed), absl::StatusCodeToString(typed));
  }
}

TEST(RequestSeriesTest, ACodeOutsideGrpcIsUnknown) {
  EXPECT_STREQ(CodeName(static_cast<absl::StatusCode>(99)), "UNKNOWN");
}

TEST(RequestSeriesTest, EverySeriesExistsFromTheStart) {
  prometheus::Registry registry;
  RequestSeries series(registry);
  size_t requests_total = 0;
  for (const auto& family : registry.Collect()) {
    if (family.name == "lookbook_requests_total") requests_total = family.metric.size();
  }
  EXPECT_EQ(requests_total, kMethodNames.size() * kStatusCodes);
}

}  // namespace
}  // namespace lookbook
