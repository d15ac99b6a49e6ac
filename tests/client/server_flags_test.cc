#include "client/server_flags.h"

#include <cstdlib>

#include "client/failure.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

ServerFlags Parse(std::vector<std::string> arguments) {
  ServerFlags flags;
  CLI::App app;
  AddServerFlags(app, flags);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  return flags;
}

class ServerFlagsTest : public ::testing::Test {
 protected:
  ServerFlagsTest() { ::unsetenv("LOOKBOOK_SERVER"); }
  ~ServerFlagsTest() override { ::unsetenv("LOOKBOOK_SERVER"); }
};

TEST_F(ServerFlagsTest, DefaultsAreTheServersOwn) {
  EXPECT_EQ(Parse({}).server, "localhost:50051");
  EXPECT_EQ(Parse({}).deadline, absl::Seconds(5));
}

TEST_F(ServerFlagsTest, TheFlagWinsOverTheEnvironment) {
  ::setenv("LOOKBOOK_SERVER", "env:1", 1);
  EXPECT_EQ(Parse({}).server, "env:1");
  EXPECT_EQ(Parse({"--server", "flag:2"}).server, "flag:2");
}

TEST_F(ServerFlagsTest, DeadlinesHaveAUnitAndArePositive) {
  EXPECT_EQ(Parse({"--deadline", "250ms"}).deadline, absl::Milliseconds(250));
  EXPECT_EQ(Parse({"--deadline", "1m30s"}).deadline, absl::Seconds(90));
  for (const char* bad : {"5", "soon", "0s", "-1s", ""}) {
    EXPECT_THROW(Parse({"--deadline", bad}), CLI::ParseError) << bad;
  }
}

TEST_F(ServerFlagsTest, OnlyTheChosenCommandRuns) {
  CLI::App app;
  int exit_code = -1;
  SetAction(*app.add_subcommand("one"), exit_code, [] { return 1; });
  SetAction(*app.add_subcommand("two"), exit_code, [] { return 2; });
  app.parse("two");
  EXPECT_EQ(exit_code, 2);
}

TEST_F(ServerFlagsTest, FailuresGoToStandardErrorWithTheirCode) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(Fail(absl::NotFoundError("no item"), "train/1", {}), kExitFailed);
  EXPECT_EQ(FailUsage(absl::InvalidArgumentError("no class 'hat'")), kExitUsage);
  EXPECT_EQ(PrintJson(absl::InternalError("no JSON"), {}), kExitFailed);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "lookbook: train/1: no item\nlookbook: no class 'hat'\nlookbook: no JSON\n");
}

TEST_F(ServerFlagsTest, ConnectPassesTheFlagsOn) {
  const auto client = Connect({.server = "there:9", .deadline = absl::Seconds(9)});
  ASSERT_THAT(client, IsOk());
  EXPECT_EQ((*client)->options().target, "there:9");
  EXPECT_EQ((*client)->options().deadline, absl::Seconds(9));
  EXPECT_THAT(Connect({.server = ""}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("target")));
}

}  // namespace
}  // namespace lookbook
