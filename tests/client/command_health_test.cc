#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CommandHealthTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(std::move(arguments), {.server = server_.target()});
  }
  FakeSearchServer server_;
};

TEST_F(CommandHealthTest, ServingIsZero) {
  const CliResult result = Run({"health"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "SERVING\n");
}

TEST_F(CommandHealthTest, NotServingIsOne) {
  server_.check.Reply([](const auto&, HealthCheckResponse& response) {
    response.set_status(HealthCheckResponse::NOT_SERVING);
  });
  const CliResult result = Run({"health", "--json", "--service", "s"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "{\"service\":\"s\",\"status\":\"NOT_SERVING\"}\n");
  EXPECT_EQ(server_.check.requests()[0].service(), "s");
}

TEST_F(CommandHealthTest, AnUnknownServiceIsOne) {
  server_.check.Set(
      [](auto&, const auto&, auto&) { return grpc::Status(grpc::NOT_FOUND, "unknown service"); });
  const CliResult result = Run({"health", "--service", "nobody"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "lookbook: nobody: unknown service\n");
}

TEST_F(CommandHealthTest, WatchPrintsEachChangeUntilTheStreamEnds) {
  server_.watch_states = {HealthCheckResponse::SERVING, HealthCheckResponse::NOT_SERVING};
  const CliResult result = Run({"health", "--watch"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, MatchesRegex("[0-9T:Z-]+ SERVING\n[0-9T:Z-]+ NOT_SERVING\n"));
  EXPECT_THAT(result.err, HasSubstr("no more states"));
}

TEST_F(CommandHealthTest, NoServerIsThree) {
  server_.Stop();
  EXPECT_EQ(Run({"health"}).exit_code, 3);
  EXPECT_EQ(Run({"health", "--watch"}).exit_code, 3);
}

}  // namespace
}  // namespace lookbook
