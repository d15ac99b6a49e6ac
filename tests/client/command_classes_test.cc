#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CommandClassesTest : public ::testing::Test {
 protected:
  CommandClassesTest() {
    server_.list_classes.Set(
        [](auto&, const v1::ListClassesRequest& request, v1::ListClassesResponse& response) {
          if (request.bundle() == "none") return grpc::Status(grpc::NOT_FOUND, "no bundle 'none'");
          response.add_classes()->set_name("coat");
          response.add_attributes()->set_name("red");
          return grpc::Status::OK;
        });
  }
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(std::move(arguments), {.server = server_.target()});
  }
  FakeSearchServer server_;
};

TEST_F(CommandClassesTest, ListsClassesAndOnRequestAttributes) {
  const CliResult classes = Run({"classes"});
  EXPECT_EQ(classes.exit_code, 0) << classes.err;
  EXPECT_THAT(classes.out, HasSubstr("coat"));
  EXPECT_THAT(classes.out, Not(HasSubstr("red")));
  EXPECT_THAT(Run({"classes", "--attributes"}).out, HasSubstr("red"));
}

TEST_F(CommandClassesTest, PrintsJson) {
  const CliResult result = Run({"classes", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["classes"][0]["name"], "coat");
  EXPECT_EQ(json["attributes"][0]["name"], "red");
}

TEST_F(CommandClassesTest, AnUnknownBundleIsOne) {
  const CliResult result = Run({"classes", "--bundle", "none"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "lookbook: no bundle 'none'\n");
}

}  // namespace
}  // namespace lookbook
