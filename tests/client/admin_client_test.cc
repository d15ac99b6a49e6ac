#include "client/admin_client.h"

#include "client/search_client.h"
#include "tests/support/fake_admin_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AdminClientTest : public ::testing::Test {
 protected:
  FakeAdminServer server_;
  std::unique_ptr<AdminClient> client_ = *AdminClient::Create({.target = server_.target()});
};

TEST_F(AdminClientTest, RequestsAndAnswersArrive) {
  server_.list.Reply([](const auto&, v1::ListBundlesResponse& response) {
    response.add_roots()->set_name("default");
  });
  server_.activate.Reply([](const auto& request, v1::ActivateBundleResponse& response) {
    response.mutable_activation()->set_bundle_id(request.bundle_id());
    response.mutable_activation()->set_name(request.name());
  });
  server_.rollback.Reply([](const auto& request, v1::RollbackBundleResponse& response) {
    response.mutable_activation()->set_name(request.name());
  });
  LB_ASSERT_OK_AND_ASSIGN(const v1::ListBundlesResponse list, client_->ListBundles("one"));
  EXPECT_EQ(list.roots(0).name(), "default");
  EXPECT_EQ(server_.list.requests().at(0).name(), "one");
  LB_ASSERT_OK_AND_ASSIGN(v1::Activation activation, client_->Activate("one", "id-1"));
  EXPECT_EQ(activation.bundle_id(), "id-1");
  EXPECT_EQ(activation.name(), "one");
  LB_ASSERT_OK_AND_ASSIGN(activation, client_->Rollback("two"));
  EXPECT_EQ(activation.name(), "two");
  server_.log_level.Reply([](const auto& request, v1::SetLogLevelResponse& response) {
    response.set_level(request.level());
  });
  LB_ASSERT_OK_AND_ASSIGN(const v1::SetLogLevelResponse levels, client_->SetLogLevel("debug"));
  EXPECT_EQ(levels.level(), "debug");
}

TEST_F(AdminClientTest, ARefusalCarriesItsReasonAndIsNotRepeated) {
  const auto refuse = [](grpc::ServerContext&, const auto&, auto&) {
    return RefusalWithReason(grpc::UNAVAILABLE, "going away", "draining");
  };
  server_.rollback.Set(refuse);
  EXPECT_THAT(client_->Rollback(""),
              AllOf(StatusIs(absl::StatusCode::kUnavailable, "going away"), HasReason("draining")));
  EXPECT_EQ(server_.rollback.calls(), 1) << "a second rollback would come back";
}

TEST_F(AdminClientTest, WithoutAServerItIsUnreachable) {
  server_.Stop();
  EXPECT_THAT(client_->ListBundles(""), HasReason(kUnreachable));
}

TEST_F(AdminClientTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THAT(AdminClient::Create({.target = ""}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("target")));
  EXPECT_THAT(AdminClient::Create({.deadline = absl::ZeroDuration()}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deadline")));
}

}  // namespace
}  // namespace lookbook
