// What a call carries; handshakes are tests/integration/identity_test's.
#include "client/open_channel.h"

#include "absl/strings/str_cat.h"
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

class TracedCallTest : public ::testing::Test {
 protected:
  TracedCallTest() {
    server_.search.Set([this](grpc::ServerContext& context, const auto&, auto&) {
      const auto value = [&](const char* name) -> std::string {
        const auto found = context.client_metadata().find(name);
        if (found == context.client_metadata().end()) return "";
        return {found->second.data(), found->second.size()};
      };
      parents_.push_back(value("traceparent"));
      states_.push_back(value("tracestate"));
      return parents_.size() < 2 ? RefusalWithReason(grpc::UNAVAILABLE, "no bundle", "no_bundle")
                                 : grpc::Status::OK;
    });
  }
  // A call whose first attempt is refused.
  void Search(std::optional<TraceContext> trace) {
    SearchClientOptions options{.target = server_.target(), .trace = std::move(trace)};
    options.environment.sleep = [](absl::Duration) {};
    const auto client = SearchClient::Create(options);
    ASSERT_THAT(client, IsOk());
    EXPECT_THAT((*client)->Search({}), IsOk());
  }

  FakeSearchServer server_;
  std::vector<std::string> parents_, states_;  // Of each attempt, as it arrived.
};

TEST_F(TracedCallTest, EachAttemptIsASpanOfTheTrace) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  Search(ParseTraceContext(absl::StrCat("00-", trace, "-00f067aa0ba902b7-01"), "rojo=1"));
  ASSERT_EQ(parents_.size(), 2u);
  for (const std::string& parent : parents_) {
    EXPECT_THAT(parent, ::testing::MatchesRegex(absl::StrCat("00-", trace, "-[0-9a-f]{16}-01")));
  }
  EXPECT_NE(parents_[0], parents_[1]);
  EXPECT_THAT(states_, ElementsAre("rojo=1", "rojo=1"));
}

TEST_F(TracedCallTest, WithoutATraceNoneIsSent) {
  Search(std::nullopt);
  EXPECT_THAT(parents_, ElementsAre("", ""));
  EXPECT_THAT(states_, ElementsAre("", ""));
}

TEST_F(OpenChannelTest, WhatNoCallCanCarryIsRefused) {
  EXPECT_THAT(SearchClient::Create({.security = {.token = "two words"}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace lookbook
