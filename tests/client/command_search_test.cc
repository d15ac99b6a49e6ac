#include "tests/client/run_cli.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(CommandSearchTest, NeedsSomethingToSearchFor) {
  const CliResult result = RunCli({"search"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("give a picture, a folder, - or --item ID"));
}

TEST(CommandSearchTest, ItsHelpStatesTheExitCodes) {
  EXPECT_THAT(
      RunCli({"search", "--help"}).out,
      HasSubstr("0 every query was answered, 1 one failed, 2 wrong usage, 3 server unreachable"));
}

TEST(CommandSearchTest, PicturesThatAreNotThereNeedNoServer) {
  const CliResult result = RunCli({"search", "/none/a.jpg", "/none/b.jpg"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err,
            "lookbook: /none/a.jpg: no such file or folder\n"
            "lookbook: /none/b.jpg: no such file or folder\n");
}

TEST(CommandSearchTest, LabelsThatCannotBeReadAreWrongUsage) {
  const CliResult result = RunCli({"search", "a.jpg", "--labels", "/none/labels.csv"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("/none/labels.csv: no such file"));
}

}  // namespace
}  // namespace lookbook
