#include "client/search_client.h"

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/support/fake_search_service.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SearchClientTest : public ::testing::Test {
 protected:
  // Pauses are noted, not slept.
  std::unique_ptr<SearchClient> Client(absl::Duration deadline = absl::Seconds(30)) {
    SearchClientOptions options{.target = server_.target(), .deadline = deadline};
    options.environment.sleep = [this](absl::Duration pause) { pauses_.push_back(pause); };
    auto client = SearchClient::Create(options);
    return *std::move(client);
  }

  FakeSearchServer server_;
  std::vector<absl::Duration> pauses_;
};

TEST_F(SearchClientTest, SendsTheRequestAndReturnsTheReply) {
  server_.search.Reply([](const v1::SearchRequest& request, v1::SearchResponse& response) {
    response.set_request_id(request.request_id() + "/" + request.image());
  });
  v1::SearchRequest request;
  request.set_request_id("r1");
  request.set_image("bytes");
  LB_ASSERT_OK_AND_ASSIGN(const auto response, Client()->Search(request));
  EXPECT_EQ(response.request_id(), "r1/bytes");
}

TEST_F(SearchClientTest, ReachesEveryMethod) {
  server_.embed.Reply([](const auto&, auto& response) { response.set_bundle_id("embed"); });
  server_.get_item.Reply([](const auto&, auto& response) { response.set_bundle_id("item"); });
  server_.list_classes.Reply(
      [](const auto&, auto& response) { response.set_bundle_id("classes"); });
  server_.get_info.Reply([](const auto&, auto& response) { response.set_version("9.9"); });
  const auto client = Client();
  EXPECT_EQ(client->Embed({})->bundle_id(), "embed");
  EXPECT_EQ(client->GetItem({})->bundle_id(), "item");
  EXPECT_EQ(client->ListClasses({})->bundle_id(), "classes");
  EXPECT_EQ(client->GetInfo()->version(), "9.9");
  EXPECT_EQ(client->CheckHealth("lookbook")->status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(server_.check.requests()[0].service(), "lookbook");
}

TEST_F(SearchClientTest, ARefusalKeepsCodeMessageAndReason) {
  server_.search.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::INVALID_ARGUMENT, "the JPEG is cut off", "truncated");
  });
  const auto response = Client()->Search({});
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kInvalidArgument, "the JPEG is cut off"));
  EXPECT_THAT(response, HasReason("truncated"));
  EXPECT_EQ(server_.search.calls(), 1);
}

TEST_F(SearchClientTest, TriesAnUnavailableServerAgain) {
  std::atomic<int> calls{0};
  server_.search.Set([&](auto&, const auto&, auto&) {
    return ++calls < 3 ? RefusalWithReason(grpc::UNAVAILABLE, "no bundle yet", "no_bundle")
                       : grpc::Status::OK;
  });
  EXPECT_THAT(Client()->Search({}), IsOk());
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(pauses_.size(), 2u);
}

TEST_F(SearchClientTest, GivesUpAfterTheLastAttempt) {
  server_.search.Set([](auto&, const auto&, auto&) {
    return RefusalWithReason(grpc::UNAVAILABLE, "draining", "draining");
  });
  const auto response = Client()->Search({});
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kUnavailable, "draining"));
  EXPECT_THAT(response, HasReason("draining"));
  EXPECT_EQ(server_.search.calls(), 3);
}

// Refuses as full, with that trailer unless it is null, `times` times.
auto FullWithPushback(const char* pushback, int times, std::atomic<int>& calls) {
  return [=, &calls](grpc::ServerContext& context, const auto&, auto&) {
    if (++calls > times) return grpc::Status::OK;
    if (pushback != nullptr) context.AddTrailingMetadata("grpc-retry-pushback-ms", pushback);
    return RefusalWithReason(grpc::RESOURCE_EXHAUSTED, "queue is full", "queue_full");
  };
}

TEST_F(SearchClientTest, AFullServerIsTriedAgainAfterItsPushback) {
  std::atomic<int> calls{0};
  server_.search.Set(FullWithPushback("250", 1, calls));
  EXPECT_THAT(Client()->Search({}), IsOk());
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(pauses_, ElementsAre(absl::Milliseconds(250)));
}

TEST_F(SearchClientTest, AFullServerWithoutPositivePushbackIsLeftAlone) {
  for (const char* pushback : {static_cast<const char*>(nullptr), "-1", "soon"}) {
    std::atomic<int> calls{0};
    server_.search.Set(FullWithPushback(pushback, 1, calls));
    const auto response = Client()->Search({});
    EXPECT_THAT(response, StatusIs(absl::StatusCode::kResourceExhausted, "queue is full"));
    EXPECT_EQ(calls, 1) << (pushback == nullptr ? "none" : pushback);
  }
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(SearchClientTest, APushbackBeyondTheDeadlineIsNotWaitedFor) {
  std::atomic<int> calls{0};
  server_.search.Set(FullWithPushback("60000", 1, calls));
  EXPECT_THAT(Client(absl::Seconds(30))->Search({}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(SearchClientTest, TheDeadlineTravelsToTheServer) {
  absl::Duration seen;
  server_.search.Set([&](grpc::ServerContext& context, const auto&, auto&) {
    seen = absl::FromChrono(context.deadline()) - absl::Now();
    return grpc::Status::OK;
  });
  EXPECT_THAT(Client(absl::Minutes(20))->Search({}), IsOk());
  EXPECT_LT(seen, absl::Minutes(21));  // The wire rounds it up.
  EXPECT_GT(seen, absl::Minutes(10));
}

TEST_F(SearchClientTest, ACallThatTakesTooLongEndsWithDeadlineExceeded) {
  absl::Notification release;
  server_.search.Set([&](auto&, const auto&, auto&) {
    release.WaitForNotification();
    return grpc::Status::OK;
  });
  // Long enough for a connection on a busy machine.
  const auto response = Client(absl::Seconds(2))->Search({});
  release.Notify();
  server_.Stop();  // Waits for the hook, which still looks at `release`.
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(response, HasReason(""));
  EXPECT_EQ(server_.search.calls(), 1);
}

TEST_F(SearchClientTest, NoServerIsMarkedAsUnreachable) {
  server_.Stop();
  const auto response = Client()->Search({});
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(response, HasReason(kUnreachable));
  EXPECT_EQ(pauses_.size(), 2u);
}

TEST_F(SearchClientTest, MessagesUpToTwentyMebibytesPass) {
  server_.get_item.Reply([](const v1::GetItemRequest& request, v1::GetItemResponse& response) {
    response.set_thumbnail(std::string(std::stoul(request.item_id()), 'x'));
  });
  const auto client = Client();
  v1::GetItemRequest request;
  request.set_item_id(std::to_string(kMaxMessageBytes - 100));
  EXPECT_THAT(client->GetItem(request), IsOk());
  request.set_item_id(std::to_string(kMaxMessageBytes + 1));
  EXPECT_THAT(client->GetItem(request), StatusIs(absl::StatusCode::kResourceExhausted));

  v1::SearchRequest search;
  search.set_image(std::string(16 * 1024 * 1024, 'x'));
  EXPECT_THAT(client->Search(search), IsOk());
  search.set_image(std::string(kMaxMessageBytes, 'x'));
  EXPECT_THAT(client->Search(search), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(SearchClientTest, WatchReportsEachStateUntilTheStreamBreaks) {
  server_.watch_states = {HealthCheckResponse::NOT_SERVING, HealthCheckResponse::SERVING};
  std::vector<HealthCheckResponse::ServingStatus> seen;
  const absl::Status status = Client()->WatchHealth("", [&](const HealthCheckResponse& health) {
    seen.push_back(health.status());
    return true;
  });
  EXPECT_THAT(seen, ElementsAre(HealthCheckResponse::NOT_SERVING, HealthCheckResponse::SERVING));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kCancelled, HasSubstr("no more states")));
}

TEST_F(SearchClientTest, WatchEndsWhenTheCallerHasSeenEnough) {
  server_.watch_states = {HealthCheckResponse::NOT_SERVING, HealthCheckResponse::SERVING};
  int seen = 0;
  EXPECT_THAT(Client()->WatchHealth("", [&](const HealthCheckResponse&) { return ++seen < 1; }),
              IsOk());
  EXPECT_EQ(seen, 1);
}

// Requests "0", "1", … as many as `count`; then nothing.
std::function<std::optional<v1::SearchRequest>()> Requests(int count) {
  return [i = 0, count]() mutable -> std::optional<v1::SearchRequest> {
    if (i == count) return std::nullopt;
    v1::SearchRequest request;
    request.set_request_id(absl::StrCat(i++));
    return request;
  };
}

TEST_F(SearchClientTest, AStreamAnswersEveryRequest) {
  server_.search.Set([](auto&, const v1::SearchRequest& request, v1::SearchResponse& response) {
    response.set_request_id(request.request_id());
    return request.request_id() == "7" ? grpc::Status(grpc::NOT_FOUND, "gone") : grpc::Status::OK;
  });
  int answered = 0, failed = 0;
  EXPECT_THAT(Client()->SearchStream(Requests(500),
                                     [&](const v1::SearchStreamResponse& answer) {
                                       failed += answer.failure().code() == grpc::NOT_FOUND;
                                       answered += answer.response().request_id() ==
                                                   absl::StrCat(answer.index());
                                       return true;
                                     }),
              IsOk());
  EXPECT_EQ(answered, 499);
  EXPECT_EQ(failed, 1);
}

TEST_F(SearchClientTest, AStreamThatBreaksSaysWhy) {
  server_.answers_a_stream = 3;
  int answered = 0;
  const absl::Status status = Client()->SearchStream(
      Requests(1'000'000), [&](const v1::SearchStreamResponse&) { return ++answered > 0; });
  EXPECT_THAT(status, AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason("draining")));
  EXPECT_EQ(answered, 3);
}

TEST_F(SearchClientTest, AStreamEndsWhenTheCallerHasSeenEnough) {
  int answered = 0;
  EXPECT_THAT(
      Client()->SearchStream(Requests(1'000'000),
                             [&](const v1::SearchStreamResponse&) { return ++answered < 3; }),
      IsOk());
  EXPECT_EQ(answered, 3);
}

TEST_F(SearchClientTest, AStreamToNobodyIsUnreachable) {
  server_.Stop();
  EXPECT_THAT(Client()->SearchStream(Requests(3), [](const auto&) { return true; }),
              AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason(kUnreachable)));
}

TEST_F(SearchClientTest, ManyThreadsShareOneClient) {
  server_.search.Reply([](const v1::SearchRequest& request, v1::SearchResponse& response) {
    response.set_request_id(request.request_id());
  });
  const auto client = Client();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        v1::SearchRequest request;
        request.set_request_id(absl::StrCat(t, "-", i));
        const auto response = client->Search(request);
        if (response.ok() && response->request_id() == request.request_id()) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
}

// A replica whose health is watched and stays what it is.
void SetHealth(HealthCheckResponse::ServingStatus status, FakeSearchServer* server) {
  server->watch_states = {status};
  server->watch_stays = true;
}

TEST(SearchClientRoundRobinTest, CallsGoToEveryReplicaThatServesAndToNoOther) {
  FakeSearchServer one, other, stopping;
  SetHealth(HealthCheckResponse::SERVING, &one);
  SetHealth(HealthCheckResponse::SERVING, &other);
  SetHealth(HealthCheckResponse::NOT_SERVING, &stopping);
  LB_ASSERT_OK_AND_ASSIGN(
      const auto client,
      SearchClient::Create({.target = absl::StrCat("ipv4:", stopping.target(), ",", one.target(),
                                                   ",", other.target()),
                            .round_robin = true,
                            .deadline = absl::Seconds(30)}));
  // Replicas join as they are connected and their health is known.
  for (int i = 0; i < 10'000 && (one.search.calls() == 0 || other.search.calls() == 0); ++i) {
    ASSERT_THAT(client->Search({}), IsOk());
  }
  EXPECT_GT(one.search.calls(), 0);
  EXPECT_GT(other.search.calls(), 0);
  EXPECT_EQ(stopping.search.calls(), 0);
}

TEST(SearchClientRoundRobinTest, WhereNoReplicaServesCallsAreUnreachable) {
  FakeSearchServer stopping;
  SetHealth(HealthCheckResponse::NOT_SERVING, &stopping);
  SearchClientOptions options{.target = stopping.target(), .round_robin = true};
  options.environment.sleep = [](absl::Duration) {};
  LB_ASSERT_OK_AND_ASSIGN(const auto client, SearchClient::Create(options));
  const auto response = client->Search({});
  EXPECT_THAT(response, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(response, HasReason(kUnreachable));
  EXPECT_EQ(stopping.search.calls(), 0);
}

TEST(SearchClientCreateTest, RefusesOptionsThatCannotWork) {
  EXPECT_THAT(SearchClient::Create({.target = ""}),
              StatusIs(absl::StatusCode::kInvalidArgument, "target is empty"));
  EXPECT_THAT(SearchClient::Create({.deadline = absl::ZeroDuration()}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deadline 0")));
  EXPECT_THAT(SearchClient::Create({.retry = {.max_attempts = 0}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_attempts")));
}

}  // namespace
}  // namespace lookbook
