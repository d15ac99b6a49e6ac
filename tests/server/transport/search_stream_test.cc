// SearchStream over a pipeline whose model and index are fakes; query_stream_test has the life of
// the stream itself.
#include <algorithm>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

class SearchStreamTest : public ServiceTest {
 protected:
  // One image a batch, so that a held model holds one query each of `workers`.
  explicit SearchStreamTest(int workers = 1, int calls_logged = 0)
      : ServiceTest({.decode_threads = 1, .embed_workers = workers, .max_batch = 1}, calls_logged) {
    LoadBundle();
  }

  void Open() { client_ = search_->SearchStream(&context_); }

  void WriteImage(const std::string& image) {
    v1::SearchRequest request;
    request.set_image(image);
    EXPECT_TRUE(client_->Write(request));
  }
  void WriteItem(const std::string& item_id) {
    v1::SearchRequest request;
    request.set_item_id(item_id);
    request.set_request_id(absl::StrCat("id of ", item_id));
    EXPECT_TRUE(client_->Write(request));
  }
  v1::SearchStreamResponse Read() {
    v1::SearchStreamResponse answer;
    EXPECT_TRUE(client_->Read(&answer));
    return answer;
  }
  std::map<uint64_t, v1::SearchStreamResponse> ReadAll(int n) {
    std::map<uint64_t, v1::SearchStreamResponse> answers;
    for (int i = 0; i < n; ++i) {
      v1::SearchStreamResponse answer = Read();
      const uint64_t index = answer.index();
      EXPECT_TRUE(answers.emplace(index, std::move(answer)).second) << "answered twice: " << index;
    }
    return answers;
  }
  grpc::Status ReadEnd() {
    v1::SearchStreamResponse answer;
    EXPECT_FALSE(client_->Read(&answer)) << answer.ShortDebugString();
    return client_->Finish();
  }

  static void ExpectDraining(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    EXPECT_EQ(ReasonIn(status), "draining");
  }

  const std::string jpeg_ = MakeJpeg(GradientImage(48, 40));
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>> client_;
};

TEST_F(SearchStreamTest, EveryQueryIsAnsweredAsSearchWould) {
  Open();
  WriteItem("item-7");
  WriteImage(jpeg_);
  client_->WritesDone();
  auto answers = ReadAll(2);
  EXPECT_TRUE(ReadEnd().ok());

  v1::SearchRequest request;
  request.set_item_id("item-7");
  request.set_request_id("id of item-7");
  v1::SearchResponse by_item, by_image;
  grpc::ClientContext first;
  ASSERT_TRUE(search_->Search(&first, request, &by_item).ok());
  EXPECT_EQ(answers[0].request_id(), "id of item-7");
  EXPECT_EQ(answers[0].response().SerializeAsString(), by_item.SerializeAsString());
  request.Clear();
  request.set_image(jpeg_);
  grpc::ClientContext second;
  ASSERT_TRUE(search_->Search(&second, request, &by_image).ok());
  EXPECT_EQ(answers[1].response().SerializeAsString(), by_image.SerializeAsString());
}

TEST_F(SearchStreamTest, ABadQueryIsRefusedAlone) {
  Open();
  WriteImage("no picture");
  WriteItem("no such item");
  EXPECT_TRUE(client_->Write(v1::SearchRequest()));
  v1::SearchRequest unknown;
  unknown.set_item_id("item-1");
  unknown.set_bundle("winter");
  EXPECT_TRUE(client_->Write(unknown));
  WriteImage(jpeg_);
  client_->WritesDone();
  auto answers = ReadAll(5);
  EXPECT_TRUE(ReadEnd().ok());
  EXPECT_EQ(answers[0].failure().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answers[0].failure().reason(), "unsupported_format");
  EXPECT_EQ(answers[1].failure().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answers[1].failure().reason(), "unknown_item");
  EXPECT_EQ(answers[2].failure().reason(), "missing_query");
  EXPECT_EQ(answers[3].failure().reason(), "unknown_bundle");
  EXPECT_EQ(answers[4].response().neighbors_size(), 10);
}

TEST_F(SearchStreamTest, OfAHundredQueries32AreInsideAtOnce) {
  fake_.embedder->Hold();
  Open();
  for (int i = 0; i < 100; ++i) WriteImage(jpeg_);
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}",
                            kQueriesPerStream - 1));
  // Other calls of the connection are answered meanwhile, and nothing more of the stream is read.
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    v1::SearchResponse response;
    ASSERT_EQ(ReasonIn(search_->Search(&context, {}, &response)), "missing_query");
  }
  EXPECT_EQ(Metric("lookbook_requests_in_flight{method=\"SearchStream\"}"), kQueriesPerStream);
  EXPECT_EQ(Metric("lookbook_deadline_remaining_seconds_count{method=\"SearchStream\"}"),
            kQueriesPerStream);
  fake_.embedder->Release();
  for (const auto& entry : ReadAll(100)) {
    EXPECT_EQ(entry.second.response().neighbors_size(), 10) << "nothing is dropped";
  }
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  EXPECT_EQ(Metric("lookbook_requests_total{code=\"OK\",method=\"SearchStream\"}"), 100);
}

TEST_F(SearchStreamTest, ACancelledStreamLeavesNothingInside) {
  fake_.embedder->Hold();
  Open();
  for (int i = 0; i < 5; ++i) WriteImage(jpeg_);
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", 4));
  context_.TryCancel();
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // When the server learns of it is up to the network, so it is not promised here that no image is
  // embedded any more: query_stream_test and pipeline_cancel_test have that.
  fake_.embedder->Release();
  EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"SearchStream\"}", 0));
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
}

TEST_F(SearchStreamTest, TheServersCapIsEachQuerys) {
  fake_.embedder->Hold();
  Open();
  for (int i = 0; i < 3; ++i) WriteImage(jpeg_);
  ASSERT_TRUE(MetricBecomes("lookbook_queue_depth{bundle=\"default\",stage=\"embed\"}", 2));
  clock_.Advance(kMaxDeadline + absl::Seconds(1));
  fake_.embedder->Release();
  int too_late = 0;
  for (const auto& entry : ReadAll(3)) too_late += entry.second.failure().reason() == "deadline";
  EXPECT_GE(too_late, 2);
  WriteImage(jpeg_);
  EXPECT_EQ(Read().response().neighbors_size(), 10) << "the stream goes on";
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  EXPECT_EQ(fake_.embedder->batches().size(), 2u) << "what was too late was not embedded";
}

TEST_F(SearchStreamTest, ADrainAnswersWhatWasReadAndEndsEveryStream) {
  fake_.embedder->Hold();
  Open();
  WriteImage(jpeg_);
  fake_.embedder->AwaitHeld(1);
  grpc::ClientContext idle_context, late_context;
  const auto idle = search_->SearchStream(&idle_context);
  idle->WaitForInitialMetadata();
  gate_.Close();
  search_service_->EndStreams();
  ExpectDraining(idle->Finish());
  ExpectDraining(search_->SearchStream(&late_context)->Finish());
  fake_.embedder->Release();
  EXPECT_EQ(Read().response().neighbors_size(), 10);
  ExpectDraining(ReadEnd());
}

TEST_F(SearchStreamTest, IdleStreamsHoldNoThread) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<
      std::unique_ptr<grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>>>
      streams;
  for (int i = 0; i < 90; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(search_->SearchStream(contexts.back().get()));
    streams.back()->WaitForInitialMetadata();
  }
  Open();
  WriteItem("item-7");
  EXPECT_EQ(Read().response().neighbors(0).item_id(), "item-7");
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  for (auto& stream : streams) stream->WritesDone();
  for (auto& stream : streams) EXPECT_TRUE(stream->Finish().ok());
}

class LoggedStreamTest : public SearchStreamTest {
 protected:
  LoggedStreamTest() : SearchStreamTest(1, 100) {}
};

TEST_F(LoggedStreamTest, EachQueryHasItsLine) {
  testing::internal::CaptureStderr();
  Open();
  WriteItem("item-7");
  WriteItem("no such item");
  client_->WritesDone();
  ReadAll(2);
  EXPECT_TRUE(ReadEnd().ok());
  EXPECT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::ContainsRegex("id of item-7[^\n]* method=SearchStream code=OK"));
  EXPECT_THAT(log,
              ::testing::ContainsRegex("method=SearchStream code=NOT_FOUND reason=unknown_item"));
  EXPECT_THAT(log, ::testing::ContainsRegex("peer=[\"]?ipv4"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
}

class TwoWorkersTest : public SearchStreamTest {
 protected:
  TwoWorkersTest() : SearchStreamTest(2) {}
};

TEST_F(TwoWorkersTest, AHeldQueryHoldsNoOther) {
  fake_.embedder->Hold();
  Open();
  WriteImage(jpeg_);
  fake_.embedder->AwaitHeld(1);
  for (const char* item : {"item-1", "item-2"}) {
    WriteItem(item);
    EXPECT_EQ(Read().request_id(), absl::StrCat("id of ", item));
  }
  fake_.embedder->Release();
  EXPECT_EQ(Read().index(), 0u);
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

}  // namespace
}  // namespace lookbook
