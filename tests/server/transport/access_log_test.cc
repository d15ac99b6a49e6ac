#include "server/transport/access_log.h"

#include <algorithm>

#include "base/reason.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

TEST(AccessLogTest, FaultsHaveABudgetOfTheirOwn) {
  AccessLog log(0);
  int64_t left_out = 0;
  EXPECT_FALSE(log.Wants(absl::OkStatus(), kStart, &left_out));
  EXPECT_FALSE(log.Wants(InvalidArgument("bad_k", "x"), kStart, &left_out));
  EXPECT_TRUE(log.Wants(absl::InternalError("x"), kStart, &left_out));
}

class AccessLogLineTest : public ::testing::Test {
 protected:
  // What Write() puts on standard error.
  std::string Line(const CallRecord& record) {
    ::testing::internal::CaptureStderr();
    AccessLog(1).Write(record, 3);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(AccessLogLineTest, ACallIsOneLineWithItsFacts) {
  CallRecord record;
  record.method = "Search";
  record.status = InvalidArgument("truncated", "the JPEG ends early");
  record.request_id = "id\nwith a break";
  record.peer = "ipv4:127.0.0.1:1";
  record.client = "token:app";
  record.request_bytes = 77;
  record.stages.decode = 0.5;
  const std::string line = Line(record);
  EXPECT_THAT(line, AllOf(HasSubstr("method=Search"), HasSubstr("code=INVALID_ARGUMENT"),
                          HasSubstr("reason=truncated"), HasSubstr("client=token:app"),
                          HasSubstr("bytes=77"), HasSubstr("decode=0.5"), HasSubstr("left_out=3"),
                          HasSubstr("id\\nwith a break")));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(AccessLogLineTest, AFaultOfOursIsAnErrorWithItsCause) {
  CallRecord record;
  record.method = "Embed";
  record.status = absl::InternalError("torch: shapes differ");
  record.request_id = "r-1";
  EXPECT_THAT(Line(record),
              AllOf(HasSubstr("ERROR"), HasSubstr("torch: shapes differ"), HasSubstr("r-1")));
}

}  // namespace
}  // namespace lookbook
