#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class CommandInfoTest : public ::testing::Test {
 protected:
  CommandInfoTest() {
    server_.get_info.Reply([](const auto&, v1::GetInfoResponse& response) {
      response.set_version("1.2.3");
      response.set_device("cpu");
      response.add_bundles()->set_bundle_id("bundle-1");
    });
  }
  FakeSearchServer server_;
};

TEST_F(CommandInfoTest, PrintsATable) {
  const CliResult result = RunCli({"info"}, {.server = server_.target()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("lookbook-server 1.2.3"));
  EXPECT_THAT(result.out, HasSubstr("at " + server_.target()));
  EXPECT_THAT(result.out, HasSubstr("bundle-1"));
}

TEST_F(CommandInfoTest, PrintsJson) {
  const CliResult result = RunCli({"info", "--json", "--server", server_.target()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["bundles"][0]["bundle_id"], "bundle-1");
}

TEST_F(CommandInfoTest, WithoutAServerSaysWhatToLookAt) {
  server_.Stop();
  const CliResult result = RunCli({"info"}, {.server = server_.target()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "lookbook: cannot reach " + server_.target() +
                            ": Connection refused; is lookbook-server running?\n");
}

}  // namespace
}  // namespace lookbook
