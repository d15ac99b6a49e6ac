// Many queries on one stream get what each would get alone.
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using Stream = grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>;

class StreamsTest : public ServerFixture {
 protected:
  StreamsTest() { Start(); }

  // Pictures, items and vectors, and some of each that are refused.
  std::vector<v1::SearchRequest> Requests(int n) {
    std::vector<v1::SearchRequest> requests;
    for (int i = 0; i < n; ++i) {
      switch (i % 4) {
        case 0:
          requests.push_back(ImageRequest(TestImageFile(i % 8, 16)));
          break;
        case 1:
          requests.push_back(ItemRequest(absl::StrCat("item-", i * 3)));  // There are 300.
          break;
        case 2:
          requests.push_back(VectorRequest(VectorOf(*bundle_, i)));
          break;
        case 3: {  // A part of a picture.
          const std::string whole = TestImageFile(0, 16);
          requests.push_back(ImageRequest(whole.substr(0, whole.size() * i / (2 * n))));
          break;
        }
      }
      requests.back().set_request_id(absl::StrCat("r-", i));
      requests.back().set_top_k(1 + i % 7);
    }
    return requests;
  }

  // `answer` is what Search says to `request`; similarities may differ by the rounding of another
  // batch.
  void ExpectAsAlone(const v1::SearchStreamResponse& answer, const v1::SearchRequest& request) {
    EXPECT_EQ(answer.request_id(), request.request_id());
    v1::SearchResponse alone;
    const grpc::Status status = Search(request, &alone);
    if (!status.ok()) {
      EXPECT_EQ(answer.failure().code(), status.error_code());
      EXPECT_EQ(answer.failure().message(), status.error_message());
      EXPECT_EQ(answer.failure().reason(), ReasonIn(status));
      return;
    }
    const v1::SearchResponse& response = answer.response();
    std::vector<GoldenNeighbor> expected;
    for (const v1::Neighbor& neighbor : alone.neighbors())
      expected.push_back({neighbor.item_id(), neighbor.similarity()});
    ExpectNeighbors(response, expected);
    ASSERT_EQ(response.classes_size(), alone.classes_size());
    for (int i = 0; i < alone.classes_size(); ++i)
      EXPECT_NEAR(response.classes(i).score(), alone.classes(i).score(), 1e-5);
    EXPECT_EQ(response.bundle_id(), alone.bundle_id());
    EXPECT_EQ(response.request_id(), alone.request_id());
  }

  grpc::ClientContext context_;
};

TEST_F(StreamsTest, TwoHundredQueriesAreAnsweredAsSearchAnswersThem) {
  const std::vector<v1::SearchRequest> requests = Requests(200);
  const std::unique_ptr<Stream> stream = search_->SearchStream(&context_);
  auto writes = std::async(std::launch::async, [&] {
    for (const v1::SearchRequest& request : requests) EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->WritesDone());
  });
  std::vector<v1::SearchStreamResponse> answers(requests.size());
  int read = 0, failures = 0;
  for (v1::SearchStreamResponse answer; stream->Read(&answer); ++read) {
    ASSERT_LT(answer.index(), answers.size());
    failures += answer.has_failure();
    answers[answer.index()] = answer;
  }
  writes.get();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(read, 200);
  EXPECT_GE(failures, 50);
  EXPECT_LE(failures, 100);
  for (size_t i = 0; i < requests.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectAsAlone(answers[i], requests[i]);
  }
}

TEST_F(StreamsTest, AMessageBeyondTheLimitEndsTheStream) {
  const std::unique_ptr<Stream> stream = search_->SearchStream(&context_);
  EXPECT_TRUE(stream->Write(ImageRequest(std::string((20 << 20) - 5, 'x'))));
  v1::SearchStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.failure().reason(), "image_too_large") << "a message of 20 MiB";
  stream->Write(ImageRequest(std::string((20 << 20) - 4, 'x')));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
}

TEST_F(StreamsTest, WhatWasReadIsAnsweredWhenTheServerStops) {
  const std::unique_ptr<Stream> stream = search_->SearchStream(&context_);
  auto writes = std::async(std::launch::async, [&] {
    int written = 0;
    while (stream->Write(ImageRequest(TestImageFile(1, 16)))) ++written;
    return written;
  });
  int read = 0;
  v1::SearchStreamResponse answer;
  for (; read < 50 && stream->Read(&answer); ++read) EXPECT_TRUE(answer.has_response());
  auto stop = std::async(std::launch::async, [this] { server_->Stop(); });
  for (; stream->Read(&answer); ++read) {
    EXPECT_TRUE(answer.has_response() || answer.failure().reason() == "draining")
        << answer.ShortDebugString();
  }
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(ReasonIn(status), "draining");
  stop.get();
  EXPECT_GE(writes.get() + 1, read) << "the last write may not know that it arrived";
}

class IdleStreamTest : public ServerFixture {
 protected:
  IdleStreamTest() {
    config_.deadlines.stream_idle = absl::Milliseconds(50);
    Start();
  }
};

TEST_F(IdleStreamTest, AMessageThenSilenceIsEndedByTheServer) {
  grpc::ClientContext context;
  const auto stream = search_->SearchStream(&context);
  ASSERT_TRUE(stream->Write(ItemRequest("item-1")));
  v1::SearchStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_TRUE(answer.has_response());
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonIn(status), "stream_idle");
}

}  // namespace
}  // namespace lookbook
