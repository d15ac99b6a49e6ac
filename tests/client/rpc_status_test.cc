#include "client/rpc_status.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::Eq;

TEST(ToStatusTest, KeepsEveryCodeAndTheMessage) {
  EXPECT_THAT(ToStatus(grpc::Status::OK), IsOk());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status = ToStatus({static_cast<grpc::StatusCode>(code), "the message"});
    EXPECT_THAT(status, StatusIs(static_cast<absl::StatusCode>(code), Eq("the message")));
    EXPECT_THAT(status, HasReason(""));
  }
}

TEST(ToStatusTest, ReadsTheReasonFromTheDetails) {
  EXPECT_THAT(ToStatus(RefusalWithReason(grpc::INVALID_ARGUMENT, "cut off", "truncated")),
              HasReason("truncated"));
}

TEST(ToStatusTest, FindsTheReasonBehindOtherDetails) {
  google::rpc::Status details;
  google::rpc::RetryInfo retry;
  details.add_details()->PackFrom(retry);
  google::rpc::ErrorInfo info;
  info.set_reason("queue_full");
  details.add_details()->PackFrom(info);
  EXPECT_THAT(ToStatus({grpc::RESOURCE_EXHAUSTED, "full", details.SerializeAsString()}),
              HasReason("queue_full"));
}

TEST(ToStatusTest, DetailsThatDoNotParseAreAsGoodAsNone) {
  const absl::Status status = ToStatus({grpc::INTERNAL, "ours", "\xff\xff not protobuf"});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal, Eq("ours")));
  EXPECT_THAT(status, HasReason(""));
}

TEST(ParsePushbackTest, ReadsMillisecondsAndTakesNonsenseForNo) {
  EXPECT_EQ(ParsePushback("250"), absl::Milliseconds(250));
  EXPECT_EQ(ParsePushback("0"), absl::ZeroDuration());
  EXPECT_EQ(ParsePushback("-1"), absl::Milliseconds(-1));
  for (const char* nonsense : {"", "soon", "1.5", "99999999999999999999999"}) {
    EXPECT_LT(ParsePushback(nonsense), absl::ZeroDuration()) << nonsense;
  }
}

}  // namespace
}  // namespace lookbook
