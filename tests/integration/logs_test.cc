// What a whole server writes of its calls: a line for each, in one trace with its caller, within
// bounds, and without what must not stand there.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/log_drops.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/client/run_cli.h"
#include "tests/integration/server_fixture.h"
#include "tests/server/security/secret_files.h"
#include "tests/support/image_files.h"
#include "tests/support/program_run.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// Each line, parsed; the test fails where one does not parse.
std::vector<Json> Parsed(const std::string& text) {
  std::vector<Json> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false));
    EXPECT_FALSE(lines.back().is_discarded()) << line;
  }
  return lines;
}

class LogsTest : public ServerFixture {
 protected:
  LogsTest() {
    config_.log = {};
    config_.log.requests_per_second = 1'000'000;
    config_.log.slow_request = absl::ZeroDuration();  // However slow the machine is.
    ConfigureLogging(LogLevel::kInfo, LogFormat::kJson);
    ::testing::internal::CaptureStderr();
  }
  ~LogsTest() override {
    if (!finished_) Finish();
    ConfigureLogging(LogLevel::kError, LogFormat::kText);
  }

  // Ends the server, and with it the last call; all that was logged.
  std::string Finish() {
    if (server_ != nullptr) server_->Stop();
    server_ = nullptr;
    finished_ = true;
    return ::testing::internal::GetCapturedStderr();
  }
  // The lines of calls in all that was logged.
  std::vector<Json> FinishedCalls() {
    std::vector<Json> calls;
    for (Json& line : Parsed(Finish())) {
      if (line.contains("trace_id")) calls.push_back(std::move(line));
    }
    return calls;
  }

  std::string AdminTarget() const { return absl::StrCat("127.0.0.1:", server_->admin_port()); }
  CliInput AsClient() const { return {.server = absl::StrCat("127.0.0.1:", server_->data_port())}; }
  static std::string Picture() { return TestImageFile(3, Options().image_size); }

 private:
  bool finished_ = false;
};

TEST_F(LogsTest, EveryCallHasItsLine) {
  Start();
  EXPECT_TRUE(Search(ImageRequest(Picture())).ok());
  EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
  EXPECT_FALSE(Search(ItemRequest("no such item")).ok());
  v1::EmbedRequest embed;
  embed.set_image("no picture");
  v1::EmbedResponse embedded;
  EXPECT_FALSE(Embed(embed, &embedded).ok());
  {
    grpc::ClientContext context;
    v1::GetInfoResponse info;
    EXPECT_TRUE(catalog_->GetInfo(&context, {}, &info).ok());
  }
  {
    grpc::ClientContext context;
    const auto stream = search_->SearchStream(&context);
    v1::SearchStreamResponse answer;
    for (const char* id : {"item-1", "no such item"}) {
      EXPECT_TRUE(stream->Write(ItemRequest(id)));
      EXPECT_TRUE(stream->Read(&answer));
    }
    stream->WritesDone();
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_TRUE(stream->Finish().ok());
  }
  {
    grpc::ClientContext context;
    v1::ListBundlesResponse bundles;
    EXPECT_TRUE(v1::AdminService::NewStub(ChannelTo(server_->admin_port()))
                    ->ListBundles(&context, {}, &bundles)
                    .ok());
  }
  std::map<std::string, int> counts;
  std::set<std::string> spans;
  for (const Json& line : FinishedCalls()) {
    ++counts[absl::StrCat(line["method"].get<std::string>(), " ", line["code"].get<std::string>())];
    spans.insert(line["span_id"].get<std::string>());
    EXPECT_THAT(line["peer"].get<std::string>(), ::testing::StartsWith("ipv4:127.0.0.1:"));
    EXPECT_GT(line["t_total"].get<double>(), 0);
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"Search OK", 2},
                                                {"Search NOT_FOUND", 1},
                                                {"Embed INVALID_ARGUMENT", 1},
                                                {"GetInfo OK", 1},
                                                {"SearchStream OK", 1},
                                                {"SearchStream NOT_FOUND", 1},
                                                {"ListBundles OK", 1}}));
  EXPECT_EQ(spans.size(), 8u);
}

TEST_F(LogsTest, ALineTellsOfThePictureAndItsStages) {
  Start();
  v1::SearchRequest request = ImageRequest(MakeJpeg(NoisyImage(96, 64)));
  request.set_request_id("order-1873");
  ASSERT_TRUE(Search(request).ok());
  const std::vector<Json> calls = FinishedCalls();
  ASSERT_EQ(calls.size(), 1u);
  const Json& line = calls[0];
  EXPECT_EQ(line["request_id"], "order-1873");
  EXPECT_EQ(line["w"], 96);
  EXPECT_EQ(line["h"], 64);
  EXPECT_EQ(line["fmt"], "jpeg");
  EXPECT_EQ(line["batch"], 1);
  EXPECT_EQ(line["bundle_id"], bundle_->id);
  EXPECT_EQ(line["bytes"], request.ByteSizeLong());
  double stages = 0;
  for (const char* stage : {"t_decode", "t_preprocess", "t_embed", "t_search"}) {
    EXPECT_GT(line[stage].get<double>(), 0) << stage;
    stages += line[stage].get<double>();
  }
  EXPECT_LE(stages, line["t_total"].get<double>());
}

TEST_F(LogsTest, ACallerFindsItsCallByWhatGoesBack) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata("traceparent", kParent);
  context.AddMetadata("x-request-id", "proxy-7");
  v1::SearchResponse response;
  EXPECT_FALSE(search_->Search(&context, ItemRequest("no such item"), &response).ok());
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto parent = trailers.find("traceparent");
  ASSERT_NE(parent, trailers.end());
  const std::string went_back(parent->second.data(), parent->second.size());
  const std::vector<Json> calls = FinishedCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["trace_id"], kTrace);
  EXPECT_EQ(calls[0]["parent_id"], "00f067aa0ba902b7");
  EXPECT_EQ(went_back,
            absl::StrCat("00-", kTrace, "-", calls[0]["span_id"].get<std::string>(), "-01"));
  EXPECT_EQ(calls[0]["request_id"], "proxy-7");
}

TEST_F(LogsTest, QueriesOfAStreamAreInOneTrace) {
  Start();
  grpc::ClientContext context;
  const auto stream = search_->SearchStream(&context);
  v1::SearchStreamResponse answer;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(stream->Write(ItemRequest("item-1")));
    EXPECT_TRUE(stream->Read(&answer));
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
  std::set<std::string> traces, spans;
  for (const Json& line : FinishedCalls()) {
    traces.insert(line["trace_id"].get<std::string>());
    spans.insert(line["span_id"].get<std::string>());
  }
  EXPECT_EQ(traces.size(), 1u);
  EXPECT_EQ(spans.size(), 3u);
}

TEST_F(LogsTest, TokensAndPicturesStandNowhere) {
  PutFile(directory_ / "tokens", TokenLine("app", "t-app-6b1f"));
  config_.auth.tokens_file = directory_ / "tokens";
  SetLogLevel(LogLevel::kDebug);
  Start();
  for (const char* token : {"t-app-6b1f", "t-wrong-77aa"}) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    context.AddMetadata("cookie", "session-93c0");
    v1::SearchResponse response;
    EXPECT_FALSE(search_->Search(&context, ImageRequest("these-are-the-pixels"), &response).ok());
  }
  const std::string log = Finish();
  for (const char* secret :
       {"t-app-6b1f", "t-wrong-77aa", "session-93c0", "these-are-the-pixels"}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(log, HasSubstr("\"client\":\"token:app\""));
  EXPECT_THAT(log, HasSubstr("\"reason\":\"wrong_token\""));
}

TEST_F(LogsTest, EachLineBeyondTheBoundsIsCounted) {
  config_.log.requests_per_second = 5;
  config_.log.errors_per_second = 3;
  const int64_t requests = LogDrops(LogDrop::kRequest), errors = LogDrops(LogDrop::kError);
  Start();
  constexpr int kGood = 300, kBad = 100;
  const absl::Time begin = absl::Now();
  for (int i = 0; i < kGood; ++i) EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
  for (int i = 0; i < kBad; ++i) EXPECT_FALSE(Search(ItemRequest("no such item")).ok());
  int64_t good = 0, bad = 0;
  for (const Json& line : FinishedCalls()) ++(line["code"] == "OK" ? good : bad);
  const int64_t seconds = absl::ToInt64Seconds(absl::Now() - begin) + 2;
  EXPECT_LE(good, 5 * seconds);
  EXPECT_LE(bad, 3 * seconds);
  EXPECT_GE(bad, 3) << "however many went well";
  EXPECT_EQ(good + LogDrops(LogDrop::kRequest) - requests, kGood);
  EXPECT_EQ(bad + LogDrops(LogDrop::kError) - errors, kBad);
}

TEST_F(LogsTest, ASlowCallIsAWarningWithItsStages) {
  config_.log.requests_per_second = 0;
  config_.log.slow_request = absl::Nanoseconds(1);
  Start();
  EXPECT_TRUE(Search(ImageRequest(Picture())).ok());
  const std::vector<Json> calls = FinishedCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["msg"], "slow call");
  EXPECT_EQ(calls[0]["level"], "warning");
  EXPECT_GT(calls[0]["t_embed"].get<double>(), 0);
}

TEST_F(LogsTest, TheLevelChangesWhileTheServerServes) {
  Start();
  const auto change = [this](const char* level) {
    const CliResult result = RunCli({"log-level", level, "--admin", AdminTarget()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  EXPECT_EQ(change("error"), "error (it was info)\n");
  EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
  EXPECT_EQ(change("info"), "info (it was error)\n");
  EXPECT_TRUE(Search(ItemRequest("item-2")).ok());
  int searches = 0;
  for (const Json& line : FinishedCalls()) searches += line["method"] == "Search";
  EXPECT_EQ(searches, 1);
}

TEST_F(LogsTest, TheProgramsCallsAreInTheTraceOfItsEnvironment) {
  Start();
  CliInput input = AsClient();
  input.environment = {absl::StrCat("TRACEPARENT=", kParent), "TRACESTATE=rojo=1"};
  EXPECT_EQ(RunCli({"search", "--item", "item-1"}, input).exit_code, 0);
  const std::vector<Json> calls = FinishedCalls();
  EXPECT_GE(calls.size(), 2u) << "it asks for the classes, too";
  std::set<std::string> parents;
  for (const Json& line : calls) {
    EXPECT_EQ(line["trace_id"], kTrace);
    EXPECT_EQ(line["tracestate"], "rojo=1");
    parents.insert(line["parent_id"].get<std::string>());
  }
  EXPECT_EQ(parents.size(), calls.size()) << "each is a span of its own";
}

TEST(LogsOfTheProgramTest, EveryLineOfStandardErrorIsJson) {
  TempDir directory;
  const auto bundle = WriteTestBundle(directory / "bundles");
  ASSERT_THAT(bundle, IsOk());
  ProgramRun server(LOOKBOOK_SERVER,
                    {"--bundles", absl::StrCat("default=", directory / "bundles"), "--listen.data",
                     "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
                     "--log.format", "json", "--log.level", "debug", "--deadlines.lame-duck", "0"},
                    directory / "log");
  int port = 0;
  ASSERT_EQ(std::sscanf(server.ReadLine().c_str(), "serving on 127.0.0.1:%d", &port), 1);
  const auto stub = v1::CatalogService::NewStub(ChannelTo(port));
  grpc::ClientContext context;
  context.AddMetadata("traceparent", kParent);
  v1::GetInfoResponse info;
  ASSERT_TRUE(stub->GetInfo(&context, {}, &info).ok());
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  int calls = 0;
  for (const Json& line : Parsed(server.Errors())) {
    for (const char* field : {"ts", "level", "msg"}) EXPECT_TRUE(line.contains(field)) << line;
    if (!line.contains("method")) continue;
    ++calls;
    EXPECT_EQ(line["trace_id"], kTrace);
  }
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace lookbook
