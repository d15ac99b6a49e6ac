#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_admin_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CommandBundlesTest : public ::testing::Test {
 protected:
  CommandBundlesTest() {
    server_.list.Reply([](const auto&, v1::ListBundlesResponse& response) {
      v1::StoredRoot* root = response.add_roots();
      root->set_name("default");
      v1::StoredBundle* bundle = root->add_bundles();
      bundle->set_bundle_id("bundle-1");
      bundle->set_active(true);
      bundle->set_current(true);
    });
  }
  FakeAdminServer server_;
};

TEST_F(CommandBundlesTest, PrintsATable) {
  const CliResult result = RunCli({"bundles", "--admin", server_.target(), "--bundle", "one"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("default"), HasSubstr("bundle-1"), HasSubstr("active")));
  EXPECT_EQ(server_.list.requests().at(0).name(), "one");
}

TEST_F(CommandBundlesTest, PrintsJson) {
  const CliResult result = RunCli({"bundles", "--json", "--admin", server_.target()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["roots"][0]["bundles"][0]["bundle_id"], "bundle-1");
}

TEST_F(CommandBundlesTest, WithoutAServerSaysWhichPortIsMeant) {
  server_.Stop();
  const CliResult result = RunCli({"bundles", "--admin", server_.target()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("cannot reach " + server_.target()),
                                HasSubstr("listen.admin of the server")));
}

TEST_F(CommandBundlesTest, ADataPortIsRecognised) {
  FakeSearchServer data_port;
  const CliResult result = RunCli({"bundles", "--admin", data_port.target()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("is this the data port?"));
}

}  // namespace
}  // namespace lookbook
