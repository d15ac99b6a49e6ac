// The life of one stream, seen through a service whose queries the test answers by hand.
#include "server/transport/query_stream.h"

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/reason.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kMaxInFlight = 32;
constexpr absl::Duration kIdle = absl::Minutes(5);

// Hands the queries of its one stream to the test. Thread-safe.
class ManualStreams final
    : public v1::SearchService::WithRawCallbackMethod_SearchStream<v1::SearchService::Service> {
 public:
  explicit ManualStreams(const CallEnvironment& environment) : environment_(environment) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* SearchStream(
      grpc::CallbackServerContext* context) override {
    QueryStream::Hooks hooks;
    hooks.answer = [this](StreamCall* call) {
      MutexLock lock(&mutex_);
      arrived_.push_back(call);
      changed_.NotifyAll();
    };
    hooks.done = [this](QueryStream*) {
      std::shared_ptr<QueryStream> last;
      MutexLock lock(&mutex_);
      last = std::move(stream_);
      done_ = true;
      changed_.NotifyAll();
    };
    const auto stream =
        std::make_shared<QueryStream>(environment_, context, kMaxInFlight, std::move(hooks));
    {
      MutexLock lock(&mutex_);
      stream_ = stream;
      changed_.NotifyAll();
    }
    stream->Start();
    return stream.get();
  }

  // The query that arrived as number `i`, once it has.
  StreamCall* Await(size_t i) {
    MutexLock lock(&mutex_);
    while (arrived_.size() <= i) changed_.Wait(&mutex_);
    return arrived_[i];
  }
  size_t arrived() const {
    MutexLock lock(&mutex_);
    return arrived_.size();
  }
  std::shared_ptr<QueryStream> AwaitStream() {
    MutexLock lock(&mutex_);
    while (stream_ == nullptr) changed_.Wait(&mutex_);
    return stream_;
  }
  void AwaitDone() {
    MutexLock lock(&mutex_);
    while (!done_) changed_.Wait(&mutex_);
  }
  bool done() const {
    MutexLock lock(&mutex_);
    return done_;
  }

 private:
  const CallEnvironment environment_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<QueryStream> stream_ ABSL_GUARDED_BY(mutex_);
  std::vector<StreamCall*> arrived_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

class QueryStreamTest : public ::testing::Test {
 protected:
  QueryStreamTest() {
    auto server = GrpcServer::Listen({}, {&service_});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    stub_ = v1::SearchService::NewStub(ChannelTo(server_->port()));
  }

  void Open() { client_ = stub_->SearchStream(&context_); }

  void Write(const std::string& request_id) {
    v1::SearchRequest request;
    request.set_item_id("item-1");
    request.set_request_id(request_id);
    EXPECT_TRUE(client_->Write(request));
  }
  v1::SearchStreamResponse Read() {
    v1::SearchStreamResponse answer;
    EXPECT_TRUE(client_->Read(&answer));
    return answer;
  }
  // What the client learns when there is nothing more to read.
  grpc::Status ReadEnd() {
    v1::SearchStreamResponse answer;
    EXPECT_FALSE(client_->Read(&answer)) << answer.ShortDebugString();
    return client_->Finish();
  }
  // What the server does without being asked to has been done when it has answered other calls of
  // the same connection.
  void LetTheServerGoOn() {
    for (int i = 0; i < 20; ++i) {
      grpc::ClientContext context;
      v1::SearchResponse response;
      EXPECT_EQ(stub_->Search(&context, {}, &response).error_code(),
                grpc::StatusCode::UNIMPLEMENTED);
    }
  }

  // Lets idle times pass, one after the other, until `ended`.
  void LetIdleTimesPassUntil(const std::function<bool()>& ended) {
    const std::shared_ptr<QueryStream> stream = service_.AwaitStream();
    const absl::Time give_up = Clock::Steady()->Now() + absl::Seconds(20);
    while (!ended()) {
      if (Clock::Steady()->Now() > give_up) {
        ADD_FAILURE() << "the server does not end the stream";
        return context_.TryCancel();
      }
      clock_.Advance(kIdle);
      stream->EndIfIdle(kIdle);
      std::this_thread::yield();
    }
  }

  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{{.requests_per_second = 0, .errors_per_second = 0}};
  DrainGate gate_;
  ManualStreams service_{{&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)}};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::SearchService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>> client_;
};

TEST_F(QueryStreamTest, TheNextQueryIsNotReadBeforeAnAnswerIsWritten) {
  Open();
  for (int i = 0; i < 100; ++i) Write(absl::StrCat("r-", i));
  service_.Await(kMaxInFlight - 1);
  LetTheServerGoOn();
  EXPECT_EQ(service_.arrived(), size_t{kMaxInFlight});
  service_.Await(7)->Complete(absl::OkStatus());
  EXPECT_EQ(Read().index(), 7u);
  EXPECT_EQ(service_.Await(kMaxInFlight)->request().request_id(), "r-32");
  LetTheServerGoOn();
  EXPECT_EQ(service_.arrived(), size_t{kMaxInFlight} + 1);
  for (int i = 0; i < 100; ++i) {
    if (i != 7) service_.Await(i)->Complete(absl::OkStatus());
  }
  for (int i = 0; i < 99; ++i) Read();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, ASlowReaderIsNotReadFromEither) {
  Open();
  for (int i = 0; i < 100; ++i) Write("");
  // Far beyond what HTTP/2 takes for a reader who does not read.
  const auto complete = [&](int i) {
    StreamCall* call = service_.Await(i);
    call->response()->set_bundle_id(std::string(1 << 20, 'x'));
    call->Complete(absl::OkStatus());
  };
  for (int i = 0; i < kMaxInFlight; ++i) complete(i);
  LetTheServerGoOn();
  EXPECT_LT(service_.arrived(), size_t{kMaxInFlight} + 8);
  auto rest = std::async(std::launch::async, [&] {
    for (int i = kMaxInFlight; i < 100; ++i) complete(i);
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Read().response().bundle_id().size(), 1u << 20);
  rest.get();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, AnswersComeAsTheyAreDoneAndNameTheirQuery) {
  Open();
  for (const char* id : {"a", "b", "", "a"}) Write(id);
  std::vector<std::string> answers;
  for (int i : {2, 3, 0, 1}) {
    service_.Await(i)->Complete(absl::OkStatus());
    const v1::SearchStreamResponse answer = Read();
    answers.push_back(absl::StrCat(answer.index(), answer.request_id()));
  }
  EXPECT_THAT(answers, ElementsAre("2", "3a", "0a", "1b"));
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, ARefusedQueryIsRefusedAlone) {
  Open();
  Write("bad");
  Write("good");
  service_.Await(0)->Complete(InvalidArgument("truncated", "the JPEG ends early"));
  EXPECT_EQ(Read().failure().reason(), "truncated");
  service_.Await(1)->Complete(absl::OkStatus());
  EXPECT_EQ(Read().request_id(), "good");
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, AMessageThatIsNoRequestIsRefusedAlone) {
  Open();
  Write("\xff is not UTF-8");
  const v1::SearchStreamResponse answer = Read();
  EXPECT_EQ(answer.failure().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.failure().reason(), "bad_message");
  EXPECT_EQ(answer.request_id(), "");
  Write("good");
  service_.Await(0)->Complete(absl::OkStatus());
  EXPECT_EQ(Read().index(), 1u);
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, TheStreamsTraceGoesBackAtItsEnd) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  context_.AddMetadata("traceparent", absl::StrCat("00-", trace, "-00f067aa0ba902b7-01"));
  Open();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  const auto& trailers = context_.GetServerTrailingMetadata();
  const auto parent = trailers.find("traceparent");
  ASSERT_NE(parent, trailers.end());
  EXPECT_THAT(std::string(parent->second.data(), parent->second.size()),
              ::testing::MatchesRegex(absl::StrCat("00-", trace, "-[0-9a-f]{16}-01")));
}

TEST_F(QueryStreamTest, ACancelReachesEveryQuery) {
  Open();
  for (int i = 0; i < 3; ++i) Write("");
  for (int i = 0; i < 3; ++i) service_.Await(i);
  context_.TryCancel();
  for (int i = 0; i < 3; ++i) {
    StreamCall* call = service_.Await(i);
    while (!*call->cancelled()) std::this_thread::yield();
  }
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  for (int i = 0; i < 3; ++i) service_.Await(i)->Complete(absl::CancelledError("seen"));
  service_.AwaitDone();
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
  EXPECT_THAT(metrics_.Scrape(),
              HasSubstr("lookbook_requests_total{code=\"CANCELLED\",method=\"SearchStream\"} 3"));
}

TEST_F(QueryStreamTest, AnswersThatCouldNotBeWrittenAreNoSuccess) {
  Open();
  for (int i = 0; i < 2; ++i) Write("");
  StreamCall* call = service_.Await(1);
  context_.TryCancel();
  while (!*call->cancelled()) std::this_thread::yield();
  for (int i = 0; i < 2; ++i) service_.Await(i)->Complete(absl::OkStatus());
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  service_.AwaitDone();
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
  EXPECT_THAT(metrics_.Scrape(),
              HasSubstr("lookbook_requests_total{code=\"CANCELLED\",method=\"SearchStream\"} 2"));
}

TEST_F(QueryStreamTest, EachQueryHasTheCapFromItsArrival) {
  Open();
  Write("");
  EXPECT_EQ(service_.Await(0)->deadline(), clock_.Now() + absl::Seconds(10));
  clock_.Advance(absl::Seconds(3600));
  Write("");
  EXPECT_EQ(service_.Await(1)->deadline(), clock_.Now() + absl::Seconds(10));
  for (int i : {0, 1}) service_.Await(i)->Complete(absl::OkStatus());
  for (int i = 0; i < 2; ++i) Read();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, TheStreamsDeadlineIsEachQuerys) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  Open();
  Write("");
  const absl::Time deadline = service_.Await(0)->deadline();
  // The header counts hundredths of a second here, rounded up.
  EXPECT_LE(deadline, clock_.Now() + absl::Seconds(5) + absl::Milliseconds(20));
  EXPECT_GT(deadline, clock_.Now());
  service_.Await(0)->Complete(absl::OkStatus());
  Read();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, ADeadlineThatPassesEndsTheStreamAndGivesItsQueriesUp) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  Open();
  Write("");
  StreamCall* call = service_.Await(0);
  EXPECT_EQ(ReadEnd().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (!*call->cancelled()) std::this_thread::yield();
  call->Complete(absl::DeadlineExceededError("seen"));
  service_.AwaitDone();
}

TEST_F(QueryStreamTest, AHalfCloseIsFollowedByEveryAnswerThenOk) {
  Open();
  for (int i = 0; i < 3; ++i) Write("");
  client_->WritesDone();
  for (int i = 0; i < 3; ++i) service_.Await(i);
  LetTheServerGoOn();
  for (int i = 0; i < 3; ++i) service_.Await(i)->Complete(absl::OkStatus());
  for (uint64_t i = 0; i < 3; ++i) EXPECT_EQ(Read().index(), i);
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, AStreamWithoutQueriesIsOk) {
  Open();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  service_.AwaitDone();
}

TEST_F(QueryStreamTest, AnEndAnswersWhatWasReadAndTakesNoMore) {
  Open();
  for (int i = 0; i < 2; ++i) Write("");
  for (int i = 0; i < 2; ++i) service_.Await(i);
  gate_.Close();
  service_.AwaitStream()->End(DrainingError());
  service_.AwaitStream()->End(absl::InternalError("the first call counts"));
  for (int i = 0; i < 2; ++i) Write("late");
  LetTheServerGoOn();
  for (int i = 0; i < 2; ++i) service_.Await(i)->Complete(absl::OkStatus());
  int answered = 0, refused = 0;
  v1::SearchStreamResponse answer;
  while (client_->Read(&answer)) ++(answer.has_failure() ? refused : answered);
  EXPECT_EQ(answered, 2);
  EXPECT_LE(refused, 1) << "only a read that was under way brings another query";
  const grpc::Status status = client_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "draining");
  EXPECT_EQ(service_.arrived(), 2u);
}

TEST_F(QueryStreamTest, AnIdleStreamEndsAtOnce) {
  Open();
  service_.AwaitStream()->End(DrainingError());
  const grpc::Status status = ReadEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "draining");
  service_.AwaitDone();
}

TEST_F(QueryStreamTest, SilenceAfterAMessageEndsTheStream) {
  Open();
  Write("");
  service_.Await(0)->Complete(absl::OkStatus());
  Read();
  ASSERT_TRUE(gate_.AwaitEmpty(absl::Seconds(20)));
  LetTheServerGoOn();  // It knows that the answer is out.
  const std::shared_ptr<QueryStream> stream = service_.AwaitStream();
  auto end = std::async(std::launch::async, [this] { return ReadEnd(); });
  LetIdleTimesPassUntil(
      [&] { return end.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  const grpc::Status status = end.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonIn(status), "stream_idle");
  service_.AwaitDone();
  stream->EndIfIdle(kIdle);  // Too late to matter.
}

TEST_F(QueryStreamTest, AStreamThatIsUsedOrWorkedForIsNotIdle) {
  Open();
  const std::shared_ptr<QueryStream> stream = service_.AwaitStream();
  clock_.Advance(kIdle - absl::Nanoseconds(1));
  stream->EndIfIdle(kIdle);
  Write("");
  StreamCall* call = service_.Await(0);
  clock_.Advance(100 * kIdle);
  stream->EndIfIdle(kIdle);
  call->Complete(absl::OkStatus());
  EXPECT_EQ(Read().index(), 0u);
  stream->EndIfIdle(kIdle);  // Was written to just now.
  Write("");
  service_.Await(1)->Complete(absl::OkStatus());
  EXPECT_EQ(Read().index(), 1u);
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
}

TEST_F(QueryStreamTest, WhoDoesNotReadAnswersIsCancelled) {
  Open();
  for (int i = 0; i < kMaxInFlight; ++i) Write("");
  for (int i = 0; i < kMaxInFlight; ++i) {
    StreamCall* call = service_.Await(i);
    call->response()->set_bundle_id(std::string(1 << 20, 'x'));
    call->Complete(absl::OkStatus());
  }
  LetIdleTimesPassUntil([this] { return service_.done(); });
  v1::SearchStreamResponse answer;
  int read = 0;
  while (client_->Read(&answer)) ++read;
  EXPECT_LT(read, kMaxInFlight);
  EXPECT_EQ(client_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration())) << "no query is left behind";
}

TEST_F(QueryStreamTest, AClosedGateRefusesQueriesNotTheStream) {
  gate_.Close();
  Open();
  for (uint64_t i = 0; i < 2; ++i) {
    Write("r-1");
    const v1::SearchStreamResponse answer = Read();
    EXPECT_EQ(answer.index(), i);
    EXPECT_EQ(answer.request_id(), "r-1");
    EXPECT_EQ(answer.failure().code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(answer.failure().reason(), "draining");
  }
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  EXPECT_EQ(service_.arrived(), 0u);
}

TEST_F(QueryStreamTest, QueriesAreCountedAndStreamsAreNot) {
  Open();
  for (int i = 0; i < 3; ++i) Write("");
  service_.Await(2);
  EXPECT_THAT(metrics_.Scrape(),
              HasSubstr("lookbook_requests_in_flight{method=\"SearchStream\"} 3"));
  service_.Await(0)->Complete(absl::OkStatus());
  service_.Await(1)->Complete(absl::OkStatus());
  service_.Await(2)->Complete(absl::NotFoundError("gone"));
  for (int i = 0; i < 3; ++i) Read();
  client_->WritesDone();
  EXPECT_TRUE(ReadEnd().ok());
  service_.AwaitDone();
  const std::string scrape = metrics_.Scrape();
  for (const char* series :
       {"lookbook_requests_in_flight{method=\"SearchStream\"} 0",
        "lookbook_requests_total{code=\"OK\",method=\"SearchStream\"} 2",
        "lookbook_requests_total{code=\"NOT_FOUND\",method=\"SearchStream\"} 1",
        "lookbook_request_duration_seconds_count{method=\"SearchStream\"} 3",
        "lookbook_deadline_remaining_seconds_count{method=\"SearchStream\"} 3",
        "lookbook_request_duration_seconds_count{method=\"Search\"} 0"}) {
    EXPECT_THAT(scrape, HasSubstr(series));
  }
}

}  // namespace
}  // namespace lookbook
