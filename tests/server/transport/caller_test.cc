// Tokens and rates, as a client meets them.
#include "server/transport/caller.h"

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "base/sha256.h"
#include "base/snapshot.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr char kToken[] = "t-app-6b1f";
constexpr char kSecondToken[] = "t-batch-77aa";
constexpr char kAdminToken[] = "t-operator-93c0";

std::shared_ptr<const TokenSet> Tokens(
    const std::vector<std::pair<std::string, std::string>>& all) {
  std::vector<TokenSet::Entry> entries;
  for (const auto& [name, token] : all) entries.push_back({name, Sha256Hex(token)});
  return std::make_shared<const TokenSet>(std::move(entries));
}

// A base, so that it is there before the services that it guards.
struct Guards {
  Snapshot<TokenSet> tokens{Tokens({{"app", kToken}, {"batch", kSecondToken}})};
  const std::shared_ptr<const TokenSet> admin_tokens = Tokens({{"operator", kAdminToken}});
  const Authenticator authenticator{[this] { return tokens.Get(); },
                                    [this] { return admin_tokens; }};
  ClientRates rates{{.calls_per_second = 10, .calls_burst = 3, .bytes_per_second = 1 << 20}};
};

class CallerTest : private Guards, public ServiceTest {
 protected:
  CallerTest()
      : ServiceTest({.decode_threads = 1, .embed_workers = 1}, 100, {&authenticator, &rates}) {
    LoadBundle();
    ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
  }

  static void Bear(const std::string& token, grpc::ClientContext* context) {
    if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  grpc::Status Search(const std::string& token, grpc::ClientContext* context) {
    Bear(token, context);
    v1::SearchRequest request;
    request.set_image(jpeg_);
    v1::SearchResponse response;
    return search_->Search(context, request, &response);
  }
  grpc::Status Search(const std::string& token) {
    grpc::ClientContext context;
    return Search(token, &context);
  }
  grpc::Status OpenStream(const std::string& token) {
    grpc::ClientContext context;
    Bear(token, &context);
    const auto stream = search_->SearchStream(&context);
    v1::SearchRequest request;
    request.set_image(jpeg_);
    stream->Write(request);
    v1::SearchStreamResponse answer;
    EXPECT_FALSE(stream->Read(&answer)) << answer.ShortDebugString();
    return stream->Finish();
  }
  grpc::Status OpenEmptyStream(const std::string& token, grpc::ClientContext* context) {
    Bear(token, context);
    const auto stream = search_->SearchStream(context);
    stream->WritesDone();
    v1::SearchStreamResponse answer;
    EXPECT_FALSE(stream->Read(&answer)) << answer.ShortDebugString();
    return stream->Finish();
  }
  grpc::Status OpenEmptyStream(const std::string& token) {
    grpc::ClientContext context;
    return OpenEmptyStream(token, &context);
  }
  // An item by a stream: the reason of its failure, or "".
  static std::string Ask(
      grpc::ClientReaderWriter<v1::SearchRequest, v1::SearchStreamResponse>* stream,
      v1::SearchStreamResponse* answer) {
    v1::SearchRequest request;
    request.set_item_id("item-1");
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->Read(answer));
    return answer->failure().reason();
  }

  void Revoke(const std::string& name) { tokens.Swap(Tokens({{name, "another"}})); }

  const std::string jpeg_ = MakeJpeg(GradientImage(48, 40));
};

void Expect(const grpc::Status& status, grpc::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  EXPECT_EQ(ReasonIn(status), reason);
}

TEST_F(CallerTest, AKnownTokenComesInAndIsNamedInTheLog) {
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(Search(kToken).ok());
  gate_.Close();
  gate_.AwaitEmpty(absl::Minutes(1));  // Before it leaves, a call is logged.
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("client=token:app"), Not(HasSubstr(kToken))));
}

TEST_F(CallerTest, NobodyElseDoesAndNothingIsDecodedForThem) {
  ::testing::internal::CaptureStderr();
  Expect(Search(""), grpc::StatusCode::UNAUTHENTICATED, "no_token");
  Expect(Search("t-wrong"), grpc::StatusCode::UNAUTHENTICATED, "wrong_token");
  Expect(Search(kAdminToken), grpc::StatusCode::PERMISSION_DENIED, "wrong_port");
  EXPECT_EQ(Metric("lookbook_auth_failures_total{reason=\"no_token\"}"), 1);
  EXPECT_EQ(Metric("lookbook_auth_failures_total{reason=\"wrong_token\"}"), 1);
  EXPECT_EQ(Metric("lookbook_auth_failures_total{reason=\"wrong_port\"}"), 1);
  EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"Search\"}", 0));
  EXPECT_EQ(Metric("lookbook_stage_duration_seconds_count{stage=\"decode\"}"), 0);
  EXPECT_EQ(Metric("lookbook_images_total{format=\"jpeg\",result=\"decoded\"}"), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(Not(HasSubstr("t-wrong")), Not(HasSubstr(kAdminToken))));
}

TEST_F(CallerTest, EveryMethodIsGuarded) {
  v1::EmbedResponse embedded;
  v1::GetItemResponse item;
  v1::ListClassesResponse classes;
  v1::GetInfoResponse info;
  grpc::ClientContext contexts[4];
  Expect(search_->Embed(&contexts[0], {}, &embedded), grpc::StatusCode::UNAUTHENTICATED,
         "no_token");
  Expect(catalog_->GetItem(&contexts[1], {}, &item), grpc::StatusCode::UNAUTHENTICATED, "no_token");
  Expect(catalog_->ListClasses(&contexts[2], {}, &classes), grpc::StatusCode::UNAUTHENTICATED,
         "no_token");
  Expect(catalog_->GetInfo(&contexts[3], {}, &info), grpc::StatusCode::UNAUTHENTICATED, "no_token");
}

TEST_F(CallerTest, AStreamOfNobodysEndsBeforeAMessageIsRead) {
  Expect(OpenStream(""), grpc::StatusCode::UNAUTHENTICATED, "no_token");
  Expect(OpenStream("t-wrong"), grpc::StatusCode::UNAUTHENTICATED, "wrong_token");
  Expect(OpenStream(kAdminToken), grpc::StatusCode::PERMISSION_DENIED, "wrong_port");
  EXPECT_EQ(Metric("lookbook_deadline_remaining_seconds_count{method=\"SearchStream\"}"), 0);
}

TEST_F(CallerTest, ATokenThatIsTakenBackEndsNoStreamButItsQueries) {
  grpc::ClientContext context;
  Bear(kToken, &context);
  const auto stream = search_->SearchStream(&context);
  v1::SearchStreamResponse answer;
  EXPECT_EQ(Ask(stream.get(), &answer), "");
  Revoke("app");
  EXPECT_EQ(Ask(stream.get(), &answer), "wrong_token");
  EXPECT_EQ(answer.failure().code(), grpc::StatusCode::UNAUTHENTICATED);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(CallerTest, HealthNeedsNoToken) {
  health_.Set("", true);
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(grpc::health::v1::Health::NewStub(ChannelTo(server_->port()))
                  ->Check(&context, {}, &response)
                  .ok());
}

TEST_F(CallerTest, TokensOfEverySizeAreRefused) {
  Expect(Search(std::string(4000, 'x')), grpc::StatusCode::UNAUTHENTICATED, "wrong_token");
  // Beyond its limit for metadata gRPC refuses by itself, and may close the connection afterwards.
  Expect(Search(std::string(1 << 20, 'x')), grpc::StatusCode::RESOURCE_EXHAUSTED, "");
  search_ = v1::SearchService::NewStub(ChannelTo(server_->port()));
  EXPECT_TRUE(Search(kToken).ok()) << "and the server serves on";
}

TEST_F(CallerTest, WhoIsOverItsRateIsRefusedWithAPushbackAndOthersAreNot) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Search(kToken).ok()) << i;
  grpc::ClientContext context;
  Expect(Search(kToken, &context), grpc::StatusCode::RESOURCE_EXHAUSTED, "rate");
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto pushback = trailers.find("grpc-retry-pushback-ms");
  ASSERT_NE(pushback, trailers.end());
  const int milliseconds = std::stoi(std::string(pushback->second.data(), pushback->second.size()));
  EXPECT_GE(milliseconds, 100);
  EXPECT_LE(milliseconds, 200);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"rate\"}"), 1);
  EXPECT_TRUE(Search(kSecondToken).ok());
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(Search(kToken).ok());
}

// Not only those of a picture or a vector: what is refused was read all the same.
TEST_F(CallerTest, BytesAreThoseOfTheWholeMessage) {
  grpc::ClientContext context;
  Bear(kToken, &context);
  v1::SearchRequest request;
  request.set_item_id("item-1");
  request.set_request_id(std::string(2 << 20, 'x'));
  v1::SearchResponse response;
  Expect(search_->Search(&context, request, &response), grpc::StatusCode::INVALID_ARGUMENT,
         "bad_request_id");
  Expect(Search(kToken), grpc::StatusCode::RESOURCE_EXHAUSTED, "rate");
  EXPECT_TRUE(Search(kSecondToken).ok());
}

TEST_F(CallerTest, RefusalsOfStrangersAreNobodysRate) {
  for (int i = 0; i < 20; ++i) {
    Expect(Search("t-wrong"), grpc::StatusCode::UNAUTHENTICATED, "wrong_token");
  }
  EXPECT_TRUE(Search(kToken).ok());
}

TEST_F(CallerTest, OpeningAStreamCounts) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(OpenEmptyStream(kToken).ok()) << i;
  grpc::ClientContext context;
  Expect(OpenEmptyStream(kToken, &context), grpc::StatusCode::RESOURCE_EXHAUSTED, "rate");
  EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  EXPECT_EQ(Metric("lookbook_shed_total{reason=\"rate\"}"), 1);
  EXPECT_TRUE(OpenEmptyStream(kSecondToken).ok());
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(OpenEmptyStream(kToken).ok());
}

TEST_F(CallerTest, EachQueryOfAStreamCounts) {
  grpc::ClientContext context;
  Bear(kToken, &context);
  const auto stream = search_->SearchStream(&context);
  v1::SearchStreamResponse answer;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(stream.get(), &answer), "") << i;
  EXPECT_EQ(Ask(stream.get(), &answer), "rate");
  EXPECT_EQ(answer.failure().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_GE(answer.failure().retry_pushback_ms(), 100u);
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(Ask(stream.get(), &answer), "");
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace lookbook
