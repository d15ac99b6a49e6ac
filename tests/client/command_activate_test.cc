#include <nlohmann/json.hpp>

#include "tests/client/run_cli.h"
#include "tests/support/fake_admin_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class CommandActivateTest : public ::testing::Test {
 protected:
  CommandActivateTest() {
    server_.activate.Reply([](const auto& request, v1::ActivateBundleResponse& response) {
      response.mutable_activation()->set_name("default");
      response.mutable_activation()->set_bundle_id(request.bundle_id());
      response.mutable_activation()->set_changed(true);
    });
    server_.rollback.Reply([](const auto&, v1::RollbackBundleResponse& response) {
      response.mutable_activation()->set_bundle_id("id-0");
    });
  }
  CliResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", server_.target()});
    return RunCli(arguments);
  }
  FakeAdminServer server_;
};

TEST_F(CommandActivateTest, ActivatesTheNamedBundle) {
  const CliResult result = Run({"activate", "id-1", "--bundle", "resnet50"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("default: id-1 is live after 0.0 s"));
  EXPECT_EQ(server_.activate.requests().at(0).name(), "resnet50");
}

TEST_F(CommandActivateTest, WithoutAnIdCurrentDecides) {
  EXPECT_EQ(Run({"activate"}).exit_code, 0);
  EXPECT_EQ(server_.activate.requests().at(0).bundle_id(), "");
}

TEST_F(CommandActivateTest, RollsBack) {
  const CliResult result = Run({"rollback", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["bundle_id"], "id-0");
  EXPECT_EQ(server_.rollback.calls(), 1);
}

TEST_F(CommandActivateTest, ARefusalSaysWhyAndWhatToDo) {
  server_.activate.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::DATA_LOSS, "bundle default: model.ts is cut", "checksum");
  });
  CliResult result = Run({"activate", "id-1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "lookbook: bundle default: model.ts is cut (checksum)\n");
  server_.activate.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::NOT_FOUND, "there is no bundle id-1", "unknown_bundle_id");
  });
  result = Run({"activate", "id-1"});
  EXPECT_THAT(result.err, HasSubstr("`lookbook bundles` lists those there are"));
}

}  // namespace
}  // namespace lookbook
