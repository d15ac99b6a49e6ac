#include "tests/client/run_cli.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ClientMainTest, HelpListsTheCommandsAndShowsExamples) {
  const CliResult result = RunCli({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* part :
       {"search", "bench", "info", "health", "item", "classes", "bundles", "activate", "rollback",
        "Examples:", "LOOKBOOK_SERVER", "LOOKBOOK_ADMIN"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
}

TEST(ClientMainTest, EveryCommandHasHelpWithExamples) {
  for (const std::string command : {"search", "bench", "info", "health", "item", "classes"}) {
    const CliResult result = RunCli({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  lookbook " + command));
    EXPECT_THAT(result.out, HasSubstr("--server HOST:PORT"));
    EXPECT_THAT(result.out, HasSubstr("--deadline TIME"));
  }
}

TEST(ClientMainTest, CommandsForOperatorsHaveHelpToo) {
  for (const std::string command : {"bundles", "activate", "rollback"}) {
    const CliResult result = RunCli({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  lookbook " + command));
    EXPECT_THAT(result.out, HasSubstr("--admin HOST:PORT"));
    EXPECT_THAT(result.out, HasSubstr("--deadline TIME"));
  }
}

TEST(ClientMainTest, VersionNamesTheBuild) {
  const CliResult result = RunCli({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("lookbook "));
}

TEST(ClientMainTest, WrongUsageEndsWithTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"seek"},
                                             {"info", "--no-such-flag"},
                                             {"info", "extra"},
                                             {"item"},
                                             {"info", "--deadline", "5"},
                                             {"search", "a.jpg", "--top-k", "0"},
                                             {"health", "info"}}) {
    const CliResult result = RunCli(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_FALSE(result.err.empty());
    EXPECT_TRUE(result.out.empty()) << result.out;
  }
}

TEST(ClientMainTest, OutputThatCannotBeWrittenIsAnError) {
  // The shell gives a standard output that refuses every byte.
  TempDir dir;
  const std::string command = std::string(LOOKBOOK_CLI) + " search " + dir.path() +
                              "/none.jpg --json > /dev/full 2> " + dir.path() + "/err";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(*ReadFile(dir / "err"), HasSubstr("cannot write to standard output"));
}

}  // namespace
}  // namespace lookbook
