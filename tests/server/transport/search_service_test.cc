#include "server/transport/search_service.h"

#include <future>
#include <thread>

#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class SearchServiceTest : public ServiceTest {
 protected:
  grpc::Status Search(const v1::SearchRequest& request, v1::SearchResponse* response,
                      grpc::ClientContext* context = nullptr) {
    grpc::ClientContext own;
    return search_->Search(context == nullptr ? &own : context, request, response);
  }

  static v1::SearchRequest ItemRequest(const std::string& item_id) {
    v1::SearchRequest request;
    request.set_item_id(item_id);
    return request;
  }
  static v1::SearchRequest ImageRequest() {
    v1::SearchRequest request;
    request.set_image(MakeJpeg(GradientImage(48, 40)));
    return request;
  }
};

TEST_F(SearchServiceTest, BeforeABundleIsLiveCallsAreForAnotherReplica) {
  v1::SearchResponse response;
  const grpc::Status status = Search(ItemRequest("item-1"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "no_bundle");
}

TEST_F(SearchServiceTest, AnItemFindsItselfFirst) {
  LoadBundle();
  v1::SearchRequest request = ItemRequest("item-7");
  request.set_request_id("r-1");
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  ASSERT_EQ(response.neighbors_size(), 10);
  EXPECT_EQ(response.neighbors(0).item_id(), "item-7");
  EXPECT_NEAR(response.neighbors(0).similarity(), 1, 1e-5);
  EXPECT_EQ(response.request_id(), "r-1");
  EXPECT_EQ(response.bundle_id(), "fake-1");
  EXPECT_EQ(response.classes_size(), 0) << "scores are of images";
}

TEST_F(SearchServiceTest, AnImageIsEmbeddedScoredAndSearched) {
  LoadBundle();
  v1::SearchRequest request = ImageRequest();
  request.set_with_timings(true);
  v1::SearchResponse response;
  ASSERT_TRUE(Search(request, &response).ok());
  EXPECT_EQ(response.neighbors_size(), 10);
  EXPECT_EQ(response.classes_size(), 5);
  EXPECT_TRUE(response.has_timings());
  v1::EmbedRequest embed;
  embed.set_image(request.image());
  v1::EmbedResponse embedded;
  grpc::ClientContext context;
  ASSERT_TRUE(search_->Embed(&context, embed, &embedded).ok());
  EXPECT_EQ(embedded.embedding().values_size(), 8);
  // The vector of Embed finds what the image found.
  v1::SearchRequest by_vector;
  *by_vector.mutable_vector() = embedded.embedding();
  v1::SearchResponse again;
  ASSERT_TRUE(Search(by_vector, &again).ok());
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(again.neighbors(i).item_id(), response.neighbors(i).item_id());
}

TEST_F(SearchServiceTest, CallsAreCountedWhenTheyEnd) {
  LoadBundle();
  v1::SearchResponse response;
  ASSERT_TRUE(Search(ItemRequest("item-1"), &response).ok());
  EXPECT_EQ(Search(ItemRequest("no such item"), &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(MetricBecomes("lookbook_requests_total{code=\"OK\",method=\"Search\"}", 1));
  EXPECT_TRUE(MetricBecomes("lookbook_requests_total{code=\"NOT_FOUND\",method=\"Search\"}", 1));
  EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"Search\"}", 0));
  EXPECT_TRUE(MetricBecomes("lookbook_deadline_remaining_seconds_count{method=\"Search\"}", 2));
  EXPECT_TRUE(MetricBecomes("lookbook_stage_duration_seconds_count{stage=\"reply\"}", 1));
}

TEST_F(SearchServiceTest, AnUnknownBundleIsNamed) {
  LoadBundle();
  v1::SearchRequest request = ItemRequest("item-1");
  request.set_bundle("winter");
  v1::SearchResponse response;
  const grpc::Status status = Search(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonIn(status), "unknown_bundle");
  EXPECT_THAT(status.error_message(), HasSubstr("winter"));
}

TEST_F(SearchServiceTest, AFaultOfTheModelIsHiddenFromTheCaller) {
  LoadBundle();
  fake_.embedder->FailWith(absl::InternalError("torch: secret shapes"));
  v1::SearchResponse response;
  const grpc::Status status = Search(ImageRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_EQ(ReasonIn(status), "internal");
}

TEST_F(SearchServiceTest, ACallersCancelFreesTheCallerAndEndsTheCall) {
  LoadBundle();
  fake_.embedder->Hold();
  const v1::SearchRequest request = ImageRequest();
  // One image occupies the only worker; the next waits behind it and is cancelled there.
  auto first = std::async(std::launch::async, [&] {
    v1::SearchResponse response;
    return Search(request, &response);
  });
  fake_.embedder->AwaitHeld(1);
  grpc::ClientContext context;
  auto second = std::async(std::launch::async, [&] {
    v1::SearchResponse response;
    return Search(request, &response, &context);
  });
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", 1));
  context.TryCancel();
  EXPECT_EQ(second.get().error_code(), grpc::StatusCode::CANCELLED);
  // The caller is free at once; when the server learns of it is up to the network, so nothing more
  // is promised here. That a query known to be cancelled is never embedded is
  // pipeline_cancel_test's.
  fake_.embedder->Release();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"Search\"}", 0));
}

TEST_F(SearchServiceTest, APassedDeadlineCostsNoDecode) {
  LoadBundle();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  v1::SearchResponse response;
  EXPECT_EQ(Search(ImageRequest(), &response, &context).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 0);
}

TEST_F(SearchServiceTest, TheServersCapServesClientsWithoutADeadline) {
  LoadBundle();
  fake_.embedder->Hold();
  const v1::SearchRequest request = ImageRequest();
  const auto search = [&] {
    v1::SearchResponse response;
    return Search(request, &response);
  };
  auto runs = std::async(std::launch::async, search);
  fake_.embedder->AwaitHeld(1);
  auto waits = std::async(std::launch::async, search);
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", 1));
  clock_.Advance(kMaxDeadline + absl::Seconds(1));
  fake_.embedder->Release();
  const grpc::Status status = waits.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonIn(status), "deadline");
  runs.wait();
  EXPECT_EQ(fake_.embedder->batches().size(), 1u) << "the second image was never embedded";
}

class LoggedSearchTest : public ServiceTest {
 protected:
  LoggedSearchTest() : ServiceTest({.decode_threads = 1, .embed_workers = 1}, 100) {}
};

TEST_F(LoggedSearchTest, TheLineOfARefusalNamesTheBundleThatWasAsked) {
  LoadBundle();
  testing::internal::CaptureStderr();
  v1::SearchRequest search;
  search.set_item_id("no such item");
  grpc::ClientContext search_context;
  v1::SearchResponse found;
  EXPECT_FALSE(search_->Search(&search_context, search, &found).ok());
  v1::EmbedRequest embed;
  embed.set_image("no picture");
  grpc::ClientContext embed_context;
  v1::EmbedResponse embedded;
  EXPECT_FALSE(search_->Embed(&embed_context, embed, &embedded).ok());
  EXPECT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::ContainsRegex(
                       "method=Search [^\n]*reason=unknown_item [^\n]*bundle_id=fake-1"));
  EXPECT_THAT(log,
              ::testing::ContainsRegex("method=Embed [^\n]*reason=[^\n]* [^\n]*bundle_id=fake-1"));
}

class FullQueueTest : public ServiceTest {
 protected:
  FullQueueTest()
      : ServiceTest({.decode_threads = 1,
                     .decode_queue = 1,
                     .embed_workers = 1,
                     .max_batch = 1,
                     .queue_capacity = 1}) {}
};

TEST_F(FullQueueTest, AFullQueueRefusesAtOnceAndSaysWhenToComeBack) {
  LoadBundle();
  fake_.embedder->Hold();
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  const auto search = [&] {
    grpc::ClientContext context;
    v1::SearchResponse response;
    return search_->Search(&context, request, &response);
  };
  auto runs = std::async(std::launch::async, search);
  fake_.embedder->AwaitHeld(1);
  auto waits = std::async(std::launch::async, search);
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", 1));
  grpc::ClientContext context;
  v1::SearchResponse response;
  const grpc::Status status = search_->Search(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "queue_full");
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto pushback = trailers.find("grpc-retry-pushback-ms");
  ASSERT_NE(pushback, trailers.end());
  const int milliseconds = std::stoi(std::string(pushback->second.data(), pushback->second.size()));
  EXPECT_GE(milliseconds, 100);
  EXPECT_LT(milliseconds, 300);
  fake_.embedder->Release();
  EXPECT_TRUE(runs.get().ok());
  EXPECT_TRUE(waits.get().ok());
}

class SharedQueueTest : public ServiceTest {
 protected:
  SharedQueueTest()
      : ServiceTest({.decode_threads = 1,
                     .decode_queue = 9,
                     .embed_workers = 1,
                     .max_batch = 1,
                     .queue_capacity = 9}) {}

  std::future<grpc::Status> Start(v1::SearchService::Stub* stub) {
    return std::async(std::launch::async, [this, stub] {
      grpc::ClientContext context;
      v1::SearchResponse response;
      return stub->Search(&context, request_, &response);
    });
  }
  bool QueueDepthBecomes(int depth) {
    return MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", depth);
  }

  v1::SearchRequest request_;
};

TEST_F(SharedQueueTest, AConnectionThatFillsTheQueueLeavesRoomForOthers) {
  LoadBundle();
  fake_.embedder->Hold();
  request_.set_image(MakeJpeg(GradientImage(48, 40)));
  std::vector<std::future<grpc::Status>> flood;
  flood.push_back(Start(search_.get()));
  fake_.embedder->AwaitHeld(1);
  for (int i = 0; i < 8; ++i) flood.push_back(Start(search_.get()));
  ASSERT_TRUE(QueueDepthBecomes(8));
  const grpc::Status refused = Start(search_.get()).get();
  EXPECT_EQ(ReasonIn(refused), "queue_full");
  EXPECT_THAT(refused.error_message(), HasSubstr("this connection has 8 of 9 places"));

  const auto other = v1::SearchService::NewStub(ChannelTo(server_->port()));
  auto served = Start(other.get());
  ASSERT_TRUE(QueueDepthBecomes(9));
  fake_.embedder->Release();
  EXPECT_TRUE(served.get().ok());
  for (auto& call : flood) EXPECT_TRUE(call.get().ok());
}

}  // namespace
}  // namespace lookbook
