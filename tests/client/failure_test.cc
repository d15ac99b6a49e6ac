#include "client/failure.h"

#include "base/reason.h"
#include "client/search_client.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

TEST(FailureTest, AnUnreachableServerIsNamedWithTheInnermostCause) {
  const absl::Status status =
      WithReason(absl::UnavailableError(
                     "failed to connect to all addresses; last error: UNKNOWN: "
                     "ipv4:127.0.0.1:1: Failed to connect to remote host: Connection refused"),
                 kUnreachable);
  EXPECT_EQ(ExitCodeOf(status), kExitUnreachable);
  EXPECT_EQ(DescribeFailure(status, "look.jpg", "localhost:50051"),
            "cannot reach localhost:50051: Connection refused; is lookbook-server running?");
}

TEST(FailureTest, AConnectionThatTakesTooLongIsUnreachableToo) {
  const absl::Status status =
      WithReason(absl::DeadlineExceededError("Deadline Exceeded"), kUnreachable);
  EXPECT_EQ(ExitCodeOf(status), kExitUnreachable);
  EXPECT_EQ(DescribeFailure(status, "", "far:1"),
            "cannot reach far:1: no connection within the deadline; is lookbook-server running?");
}

TEST(FailureTest, WhereTlsMayBeTheCauseTheFlagsForItAreNamed) {
  const auto told = [](const std::string& message) {
    return DescribeFailure(WithReason(absl::UnavailableError(message), kUnreachable), "",
                           "there:1");
  };
  EXPECT_EQ(
      told("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Ssl "
           "handshake failed: SSL_ERROR_SSL: error:1:SSL routines::certificate verify failed"),
      "cannot reach there:1: error:1:SSL routines::certificate verify failed; does it speak TLS, "
      "with "
      "a certificate for this name that --ca signed?");
  EXPECT_EQ(told("Socket closed"),
            "cannot reach there:1: Socket closed; does it ask for TLS (--tls, --ca) or for a "
            "client's certificate (--cert)?");
}

TEST(FailureTest, ATokenThatIsAskedForHasAFlag) {
  EXPECT_EQ(
      DescribeFailure(WithReason(absl::UnauthenticatedError("a token is asked for"), "no_token"),
                      "", "x"),
      "a token is asked for (no_token); --token-file names the file of one");
}

TEST(FailureTest, AServerThatAnswersWithARefusalIsReachable) {
  const absl::Status draining = WithReason(absl::UnavailableError("draining"), "draining");
  EXPECT_EQ(ExitCodeOf(draining), kExitFailed);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("local")), kExitFailed);
  EXPECT_EQ(DescribeFailure(draining, "look.jpg", "here:1"), "look.jpg: draining (draining)");
}

TEST(FailureTest, TheSubjectStandsInFrontUnlessTheMessageHasIt) {
  EXPECT_EQ(DescribeFailure(InvalidArgument("truncated", "the JPEG is cut off"), "a.jpg", "here:1"),
            "a.jpg: the JPEG is cut off (truncated)");
  EXPECT_EQ(DescribeFailure(absl::NotFoundError("open a.jpg: gone"), "a.jpg", "here:1"),
            "open a.jpg: gone");
  EXPECT_EQ(DescribeFailure(absl::InternalError(""), "", "here:1"), "INTERNAL");
  EXPECT_EQ(DescribeFailure(absl::DeadlineExceededError("Deadline Exceeded"), "a.jpg", "here:1"),
            "a.jpg: no answer within the deadline");
}

TEST(FailureTest, AMessageCannotControlTheTerminal) {
  EXPECT_EQ(DescribeFailure(absl::InternalError("\x1b[2J"), "\x1b]a", "here:1"), "?]a: ?[2J");
}

}  // namespace
}  // namespace lookbook
