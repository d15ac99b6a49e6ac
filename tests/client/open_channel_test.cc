// What a call carries; handshakes are tests/integration/identity_test's.
#include "client/open_channel.h"

#include "client/channel_arguments.h"
#include "client/search_client.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OpenChannelTest : public ::testing::Test {
 protected:
  // What a call with this token brings of authorization.
  std::vector<std::string> Authorization(const std::string& token) {
    std::vector<std::string> values;
    server_.search.Set([&](grpc::ServerContext& context, const auto&, auto&) {
      const auto range = context.client_metadata().equal_range("authorization");
      for (auto entry = range.first; entry != range.second; ++entry) {
        values.emplace_back(entry->second.data(), entry->second.size());
      }
      return grpc::Status::OK;
    });
    const auto client =
        SearchClient::Create({.target = server_.target(), .security = {.token = token}});
    EXPECT_THAT(client, IsOk());
    EXPECT_THAT((*client)->Search({}), IsOk());
    return values;
  }

  FakeSearchServer server_;
};

TEST_F(OpenChannelTest, ATokenGoesWithACallOnce) {
  EXPECT_THAT(Authorization("t-1"), ElementsAre("Bearer t-1"));
}

TEST_F(OpenChannelTest, WithoutATokenThereIsNoAuthorization) {
  EXPECT_THAT(Authorization(""), IsEmpty());
}

TEST_F(OpenChannelTest, WhatNoCallCanCarryIsRefused) {
  EXPECT_THAT(SearchClient::Create({.security = {.token = "two words"}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
