#include "tests/client/run_cli.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(CommandBenchTest, NeedsSomethingToSearchFor) {
  const CliResult result = RunCli({"bench"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("give a picture, a folder, - or --item ID"));
}

TEST(CommandBenchTest, ItsHelpStatesTheExitCodes) {
  EXPECT_THAT(RunCli({"bench", "--help"}).out,
              HasSubstr("0 there are figures, 1 there are none, or they are not stable, 2 wrong "
                        "usage, 3 server"));
}

TEST(CommandBenchTest, FlagsThatDoNotGoTogetherAreNamed) {
  const CliResult both = RunCli({"bench", "a.jpg", "--rate", "5", "--find-rate"});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("--rate excludes --find-rate"));
  const CliResult alone = RunCli({"bench", "a.jpg", "--p99", "50ms"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--p99 requires --find-rate"));
  const CliResult value = RunCli({"bench", "a.jpg", "--window", "5 seconds"});
  EXPECT_EQ(value.exit_code, 2);
  EXPECT_THAT(value.err, HasSubstr("--window: '5 seconds' is no time such as 5s or 500ms"));
}

TEST(CommandBenchTest, AServersProcessThatIsNotThereIsWrongUsage) {
  const CliResult result = RunCli({"bench", "a.jpg", "--server-pid", "1073741824"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "lookbook: there is no process 1073741824\n");
}

}  // namespace
}  // namespace lookbook
