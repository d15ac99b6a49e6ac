#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_admin_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CommandLogLevelTest : public ::testing::Test {
 protected:
  CommandLogLevelTest() {
    server_.log_level.Reply([](const auto& request, v1::SetLogLevelResponse& response) {
      response.set_level(request.level().empty() ? "info" : request.level());
      response.set_replaced_level("info");
    });
  }
  CliResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", server_.target()});
    return RunCli(arguments);
  }
  FakeAdminServer server_;
};

TEST_F(CommandLogLevelTest, ChangesTheLevelAndTellsOfTheOneBefore) {
  const CliResult result = Run({"log-level", "debug"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "debug (it was info)\n");
  EXPECT_EQ(server_.log_level.requests().at(0).level(), "debug");
}

TEST_F(CommandLogLevelTest, WithoutALevelChangesNothing) {
  const CliResult result = Run({"log-level"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "info\n");
  EXPECT_EQ(server_.log_level.requests().at(0).level(), "");
}

TEST_F(CommandLogLevelTest, PrintsJson) {
  const CliResult result = Run({"log-level", "error", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto levels = nlohmann::json::parse(result.out);
  EXPECT_EQ(levels["level"], "error");
  EXPECT_EQ(levels["replaced_level"], "info");
}

TEST_F(CommandLogLevelTest, AnotherWordIsWrongUsage) {
  const CliResult result = Run({"log-level", "loud"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("loud"), HasSubstr("warning")));
  EXPECT_EQ(server_.log_level.calls(), 0);
}

TEST_F(CommandLogLevelTest, ARefusalSaysWhy) {
  server_.log_level.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::UNAUTHENTICATED, "a token is asked for", "no_token");
  });
  const CliResult result = Run({"log-level", "debug"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("a token is asked for (no_token)"));
}

}  // namespace
}  // namespace lookbook
