#include "server/transport/answer_query.h"

#include "tests/server/fake_bundle.h"
#include "tests/server/transport/recorded_call.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;

class AnswerQueryTest : public ::testing::Test {
 protected:
  AnswerQueryTest() {
    std::vector<PipelineSet::Entry> entries;
    auto pipeline =
        Pipeline::Create("default", {.decode_threads = 1, .embed_workers = 1}, &metrics_, &clock_);
    EXPECT_THAT(pipeline, IsOk());
    (*pipeline)->SetBundle(fake_.bundle);
    entries.push_back({"default", *std::move(pipeline)});
    pipelines_ = std::make_unique<PipelineSet>(std::move(entries));
  }

  // The log line of what `call` calls.
  static std::string LineOf(const std::function<void()>& call) {
    testing::internal::CaptureStderr();
    call();
    return testing::internal::GetCapturedStderr();
  }

  template <typename Request, typename Response>
  absl::Status Answer(const Request& request, Response* response) {
    const auto outcome = std::make_shared<CallOutcome>();
    const CallEnvironment environment = {&metrics_, &clock_, &log_, &gate_, absl::Seconds(10)};
    AnswerQuery(*pipelines_, request, response, new RecordedCall(environment, &context_, outcome));
    return outcome->Wait();
  }

  TempDir directory_;
  ManualClock clock_;
  ServerMetrics metrics_{{"default"}};
  AccessLog log_{AccessLogOptions()};
  DrainGate gate_;
  grpc::CallbackServerContext context_;
  FakeBundle fake_ = MakeFakeBundle(directory_ / "items", "fake-1");
  std::unique_ptr<PipelineSet> pipelines_;
};

TEST_F(AnswerQueryTest, AResultFillsTheResponse) {
  v1::SearchRequest search;
  search.set_item_id("item-7");
  v1::SearchResponse found;
  ASSERT_THAT(Answer(search, &found), IsOk());
  EXPECT_EQ(found.neighbors(0).item_id(), "item-7");
  v1::EmbedRequest embed;
  embed.set_image(MakeJpeg(GradientImage(48, 40)));
  v1::EmbedResponse embedded;
  ASSERT_THAT(Answer(embed, &embedded), IsOk());
  EXPECT_EQ(embedded.embedding().values_size(), 8);
}

TEST_F(AnswerQueryTest, WhatCanBeRefusedWithoutABundleIs) {
  v1::SearchResponse response;
  EXPECT_THAT(Answer(v1::SearchRequest(), &response), HasReason("missing_query"));
  v1::SearchRequest request;
  request.set_item_id("item-7");
  request.set_bundle("winter");
  EXPECT_THAT(Answer(request, &response),
              AllOf(StatusIs(absl::StatusCode::kNotFound), HasReason("unknown_bundle")));
}

TEST_F(AnswerQueryTest, ThePipelinesRefusalIsTheCalls) {
  v1::SearchResponse response;
  v1::SearchRequest request;
  request.set_item_id("no such item");
  EXPECT_THAT(Answer(request, &response), HasReason("unknown_item"));
  pipelines_->Shutdown();
  request.set_item_id("item-7");
  EXPECT_THAT(Answer(request, &response), HasReason("draining"));
}

TEST_F(AnswerQueryTest, TheLineKnowsThePictureAndItsBatch) {
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));
  v1::SearchResponse response;
  EXPECT_THAT(LineOf([&] { EXPECT_THAT(Answer(request, &response), IsOk()); }),
              ContainsRegex("w=48 h=40 fmt=jpeg [^\n]*batch=1 bundle_id=fake-1"));
}

TEST_F(AnswerQueryTest, TheLineOfARefusalKnowsHowFarItsQueryCame) {
  v1::SearchRequest request;
  request.set_image(Cut(MakeJpeg(NoisyImage(64, 48)), 50));
  v1::SearchResponse response;
  EXPECT_THAT(LineOf([&] { EXPECT_THAT(Answer(request, &response), HasReason("truncated")); }),
              ContainsRegex("reason=truncated [^\n]*w=64 h=48 fmt=jpeg [^\n]*batch=0"));
  request.set_image("no picture");
  EXPECT_THAT(LineOf([&] { EXPECT_FALSE(Answer(request, &response).ok()); }),
              ContainsRegex("w=0 h=0 fmt=unknown [^\n]*batch=0"));
}

}  // namespace
}  // namespace lookbook
