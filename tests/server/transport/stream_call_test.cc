#include "server/transport/stream_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "base/reason.h"
#include "server/transport/search_messages.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StreamCallTest : public ::testing::Test {
 protected:
  StreamCall* Start(const std::string& request_id, uint64_t index = 0) {
    v1::SearchRequest request;
    request.set_image("a picture");
    request.set_request_id(request_id);
    return new StreamCall({&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)}, stream_, index,
                          std::move(request), [this](StreamCall* call) { answered_ = call; });
  }

  // The message of the call that was answered; ends it.
  v1::SearchStreamResponse Answer() {
    v1::SearchStreamResponse answer;
    grpc::ByteBuffer message = answered_->message();
    EXPECT_TRUE(
        grpc::SerializationTraits<v1::SearchStreamResponse>::Deserialize(&message, &answer).ok());
    answered_->End(true);
    return answer;
  }

  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{{.requests_per_second = 0, .errors_per_second = 0}};
  DrainGate gate_;
  grpc::CallbackServerContext context_;
  const StreamFacts stream_{&context_, std::make_shared<std::atomic<bool>>(false),
                            TraceCall({}, "")};
  StreamCall* answered_ = nullptr;
};

TEST_F(StreamCallTest, AResponseCarriesIndexAndId) {
  StreamCall* call = Start("r-1", 7);
  EXPECT_EQ(call->request().image(), "a picture");
  EXPECT_EQ(call->cancelled(), stream_.cancelled) << "the stream's";
  call->response()->set_bundle_id("fake-1");
  call->Complete(absl::OkStatus());
  const v1::SearchStreamResponse answer = Answer();
  EXPECT_EQ(answer.index(), 7u);
  EXPECT_EQ(answer.request_id(), "r-1");
  EXPECT_EQ(answer.response().bundle_id(), "fake-1");
}

TEST_F(StreamCallTest, AFailureSaysWhatTheStatusOfSearchWouldHaveSaid) {
  StreamCall* call = Start("r-1");
  call->response()->set_bundle_id("half a response");
  call->Complete(InvalidArgument("truncated", "the JPEG ends early"));
  const v1::SearchStreamResponse answer = Answer();
  EXPECT_FALSE(answer.has_response());
  EXPECT_EQ(answer.request_id(), "r-1");
  EXPECT_EQ(answer.failure().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.failure().message(), "the JPEG ends early");
  EXPECT_EQ(answer.failure().reason(), "truncated");
  EXPECT_EQ(answer.failure().retry_pushback_ms(), 0u);
}

TEST_F(StreamCallTest, WhoComesTooSoonIsToldWhenToComeBack) {
  Start("")->Complete(WithReason(absl::ResourceExhaustedError("full"), "queue_full"));
  const v1::SearchStreamResponse answer = Answer();
  EXPECT_EQ(answer.failure().reason(), "queue_full");
  EXPECT_GE(answer.failure().retry_pushback_ms(), 100u);
  EXPECT_LT(answer.failure().retry_pushback_ms(), 300u);
}

TEST_F(StreamCallTest, AFaultOfOursIsHidden) {
  Start("")->Complete(absl::InternalError("torch: secret shapes"));
  const v1::SearchStreamResponse answer = Answer();
  EXPECT_EQ(answer.failure().code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(answer.failure().reason(), "internal");
  EXPECT_THAT(answer.failure().message(), Not(HasSubstr("secret")));
}

TEST_F(StreamCallTest, AnIdBeyondTheLimitIsNotEchoed) {
  Start(std::string(kMaxRequestIdBytes, 'r'))->Complete(absl::OkStatus());
  EXPECT_EQ(Answer().request_id().size(), kMaxRequestIdBytes);
  Start(std::string(kMaxRequestIdBytes + 1, 'r'), 3)->Complete(absl::OkStatus());
  const v1::SearchStreamResponse answer = Answer();
  EXPECT_EQ(answer.request_id(), "");
  EXPECT_EQ(answer.index(), 3u);
}

TEST_F(StreamCallTest, AnAnswerThatWaitsKeepsNoPictureAndIsNotOver) {
  Start("")->Complete(absl::OkStatus());
  EXPECT_EQ(answered_->request().image(), "");
  EXPECT_FALSE(gate_.AwaitEmpty(absl::ZeroDuration())) << "the answer is not out yet";
  Answer();
  EXPECT_TRUE(gate_.AwaitEmpty(absl::ZeroDuration()));
  EXPECT_THAT(metrics_.Scrape(),
              HasSubstr("lookbook_requests_total{code=\"OK\",method=\"SearchStream\"} 1"));
}

}  // namespace
}  // namespace lookbook
