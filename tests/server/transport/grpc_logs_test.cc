#include "server/transport/grpc_logs.h"

#include <gmock/gmock.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include "lookbook/v1/search.pb.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class GrpcLogsTest : public ::testing::Test {
 protected:
  GrpcLogsTest() { grpc_init(); }
  ~GrpcLogsTest() override { grpc_shutdown(); }
};

std::string Logged(gpr_log_severity severity) {
  ::testing::internal::CaptureStderr();
  gpr_log(__FILE__, __LINE__, severity, "accept failed: %d", 24);
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(GrpcLogsTest, ErrorsAreWarningsInOurForm) {
  RouteGrpcLogs();
  EXPECT_THAT(Logged(GPR_LOG_SEVERITY_ERROR),
              AllOf(HasSubstr("WARNING accept failed: 24"), HasSubstr("from=grpc")));
}

TEST_F(GrpcLogsTest, TheRestIsForDebugging) {
  RouteGrpcLogs();
  EXPECT_EQ(Logged(GPR_LOG_SEVERITY_INFO), "");
}

TEST_F(GrpcLogsTest, ProtobufsErrorsAreOursToo) {
  RouteGrpcLogs();
  ::testing::internal::CaptureStderr();
  v1::SearchRequest request;
  EXPECT_FALSE(request.ParseFromString("\x12\x02\xff\xfe")) << "text that is not UTF-8";
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("WARNING "), HasSubstr("UTF-8"), HasSubstr("from=protobuf")));
}

// The last: it spends what may be logged in this second.
TEST_F(GrpcLogsTest, ClientsThatCauseErrorsCannotFloodTheLog) {
  RouteGrpcLogs();
  int lines = 0;
  for (int i = 0; i < 1000; ++i) lines += !Logged(GPR_LOG_SEVERITY_ERROR).empty();
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, 500);
}

}  // namespace
}  // namespace lookbook
