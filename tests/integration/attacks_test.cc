// Attacks on a server's connections, one each: while they last it lives, and when they are over it
// serves as before.
//
//   LOOKBOOK_ATTACKS=long build/release/tests/integration_attacks_test
//
// is the longer variant, which holds the server to the times that docs/connections.md promises.
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/attacked_server.h"
#include "tests/server/security/secret_files.h"
#include "tests/server/security/test_certificates.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

constexpr absl::Duration kLong = absl::Seconds(60);
constexpr char kSearch[] = "/lookbook.v1.SearchService/Search";
constexpr int kManyDescriptors = 1024;
constexpr char kHttp1[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

class AttacksTest : public AttackedServer {
 protected:
  // Clients that begin with these are closed, all of them, and flood no log.
  void ExpectNoneIsUnderstood(const std::vector<std::string>& greetings) {
    const absl::Time begin = absl::Now();
    std::deque<TcpClient> clients;
    for (size_t i = 0; i < 400; ++i) {
      clients.push_back(Connect());
      clients.back().Send(greetings[i % greetings.size()]);
    }
    for (TcpClient& client : clients) EXPECT_TRUE(client.Closes(kLong));
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    const std::string log = process_->Errors();
    EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 30 + 11 * seconds) << log;
  }
};

TEST_F(AttacksTest, DescriptorExhaustion) {
  Serve(200);
  std::deque<TcpClient> clients;
  for (int i = 0; i < 400; ++i) clients.push_back(Connect());
  EXPECT_TRUE(SearchAsBefore().ok()) << "who was there before is served all the while";
  EXPECT_TRUE(MetricExceeds("lookbook_connections_rejected_total{reason=\"descriptors\"}", 0))
      << "and scrapes have descriptors left";
  EXPECT_LT(Descriptors(), 200);
  clients.clear();
  ExpectServingAgain();
}

TEST_F(AttacksTest, Slowloris) {
  Serve(kManyDescriptors, {"--limits.connections", "100"});
  std::deque<TcpClient> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(Connect());
    clients.back().Send(kHttp2Preface.substr(0, static_cast<size_t>(i) % 25));
  }
  EXPECT_TRUE(SearchAsBefore().ok());
  ExpectServingAgain();  // None of them has gone away by itself.
  for (TcpClient& client : clients) EXPECT_TRUE(client.Closes(kLong));
}

TEST_F(AttacksTest, CallsThatNeverEndAndBodiesThatNeverCome) {
  Serve(kManyDescriptors, {"--limits.connections", "20", "--deadlines.connection-age", "1s",
                           "--deadlines.connection-grace", "1s"});
  std::deque<TcpClient> clients;
  for (int i = 0; i < 19; ++i) {
    clients.push_back(Connect());
    // The body is announced, and a byte of it comes.
    clients.back().Send(
        Http2Greeting() + Headers(1, CallHeaders(kSearch)) +
        BytesOf({.type = Http2Frame::kData, .stream = 1, .payload = std::string(1, '\0')}));
  }
  for (TcpClient& client : clients) EXPECT_TRUE(client.Closes(kLong));
  ExpectServingAgain();
}

TEST_F(AttacksTest, PingFlood) {
  Serve(kManyDescriptors);
  const std::string ping = BytesOf({.type = Http2Frame::kPing, .payload = std::string(8, 'p')});
  for (int round = 0; round < 20; ++round) {
    TcpClient client = Greet();
    for (int i = 0; i < 1000 && client.Send(ping); ++i) continue;
    EXPECT_TRUE(client.Closes(kLong));
  }
  ExpectServingAgain();
}

TEST_F(AttacksTest, GzipBomb) {
  Serve(kManyDescriptors);
  const auto stub = v1::SearchService::NewStub(ChannelTo(data_port_, GRPC_COMPRESS_GZIP));
  const int64_t before = Status("VmHWM:");
  grpc::ClientContext context;
  v1::SearchRequest request;
  request.set_image(std::string(IsLong() ? 512 << 20 : 128 << 20, '\0'));
  v1::SearchResponse response;
  EXPECT_EQ(stub->Search(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_LT(Status("VmHWM:") - before, 32 << 20) << "nothing was unfolded";
  ExpectServingAgain();
}

TEST_F(AttacksTest, TwoThousandReconnects) {
  Serve(2048);
  std::deque<TcpClient> herd;
  for (int i = 0; i < 2000; ++i) {
    herd.push_back(Connect());
    herd.back().Send(Http2Greeting());
  }
  EXPECT_TRUE(SearchAsBefore().ok());
  EXPECT_TRUE(MetricExceeds("lookbook_connections_rejected_total{reason=\"connections\"}", 0));
  herd.clear();
  ExpectServingAgain();
}

TEST_F(AttacksTest, OtherProtocols) {
  Serve(kManyDescriptors);
  ExpectNoneIsUnderstood({kHttp1,
                          std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) +
                              std::string(500, 'r'),  // TLS's hello.
                          std::string(500, '\xff'), "SSH-2.0-client\r\n"});
  ExpectServingAgain();
}

TEST_F(AttacksTest, PlainTextToAPortOfTls) {
  const TestCa ca;
  const TestCertificate own = ca.Issue();
  PutFile(directory_ / "own.pem", own.certificate);
  PutFile(directory_ / "own.key", own.key);
  credentials_ = grpc::SslCredentials({ca.certificate(), "", ""});
  Serve(kManyDescriptors,
        {"--tls.certificate", directory_ / "own.pem", "--tls.key", directory_ / "own.key"});
  ExpectNoneIsUnderstood({Http2Greeting(), kHttp1, std::string(500, '\xff'), ""});
  ExpectServingAgain();
}

TEST_F(AttacksTest, ClientsThatDieInTheMiddle) {
  Serve(kManyDescriptors);
  const std::string arrived = "lookbook_deadline_remaining_seconds_count{method=\"Search\"}";
  const double before = Metric(arrived);
  v1::SearchRequest request;
  request.set_image(MakeJpeg(GradientImage(48, 40)));  // It fits into one frame.
  const std::string call =
      Headers(1, CallHeaders(kSearch)) + LastMessage(1, request.SerializeAsString());
  std::deque<TcpClient> some_live;  // Until the server has read their calls.
  for (int i = 0; i < 50; ++i) {
    TcpClient client = Connect();
    client.Send(Http2Greeting() + call);
    // Half of them die in the middle of their message, too.
    if (i % 2 == 0) client.Send(Headers(3, CallHeaders(kSearch)) + std::string(3, '\0'));
    if (i % 4 < 2) some_live.push_back(std::move(client));
  }
  EXPECT_TRUE(MetricExceeds(arrived, before)) << "no call had begun";
  some_live.clear();
  EXPECT_TRUE(MetricBecomes("lookbook_requests_in_flight{method=\"Search\"}", 0));
  ExpectServingAgain();
}

TEST_F(AttacksTest, ScrapersThatDoNotRead) {
  Serve(kManyDescriptors);
  std::deque<TcpClient> scrapers;
  for (int i = 0; i < 10; ++i) {
    scrapers.emplace_back(metrics_port_);
    scrapers.back().Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(SearchAsBefore().ok()) << i;
  scrapers.clear();
  ExpectServingAgain();
  EXPECT_TRUE(MetricBecomes("lookbook_health_serving{service=\"\"}", 1));
}

// What gRPC 1.51 has no defence against.
class FloodsTest : public AttackedServer {
 protected:
  // With 64 MiB more than it has at first.
  void ServeWithLittleMemory() {
    Serve(kManyDescriptors);
    const int64_t bound = Status("VmRSS:") + (64 << 20);
    process_ = nullptr;
    Serve(kManyDescriptors, {"--watchdog.memory-bytes", absl::StrCat(bound)});
  }

  // Begins calls as fast as it can, over connections that acknowledge no limit of streams, and
  // appends `after` to each: until `end`, or until the server has ended.
  void Flood(absl::Time end, std::string (*after)(uint32_t stream)) {
    while (IsAlive() && absl::Now() < end) {
      TcpClient client = Connect();
      client.Send(Http2Greeting());
      uint32_t stream = 1;
      for (bool taken = true; taken && absl::Now() < end;) {
        std::string burst;
        for (int i = 0; i < 100; ++i, stream += 2)
          absl::StrAppend(&burst, Headers(stream, CallHeaders(kSearch)), after(stream));
        taken = client.Send(burst);
      }
    }
  }

  bool IsAlive() const { return Status("VmRSS:") > 0; }
  void ExpectItEndedItself() {
    EXPECT_EQ(process_->Wait(), 5) << process_->Errors();
    EXPECT_THAT(process_->Errors(), ::testing::HasSubstr("(check: memory)"));
  }
};

// Calls stay until their connection is old: the process ends itself before the kernel would.
TEST_F(FloodsTest, CallsWithoutALimit) {
  ServeWithLittleMemory();
  Flood(absl::Now() + kLong, [](uint32_t) { return std::string(); });
  ASSERT_FALSE(IsAlive());
  ExpectItEndedItself();
}

// Each call is given up at once. Whether they pile up depends on which core is faster: a server
// that keeps up serves again, and one that does not ends itself.
TEST_F(FloodsTest, RapidReset) {
  ServeWithLittleMemory();
  Flood(absl::Now() + absl::Seconds(IsLong() ? 30 : 5), [](uint32_t stream) {
    return BytesOf({.type = Http2Frame::kRstStream, .stream = stream, .payload = BigEndian(8, 4)});
  });
  absl::SleepFor(absl::Seconds(1));  // It looks at itself four times a second.
  if (!IsAlive()) return ExpectItEndedItself();
  ExpectServingAgain();
}

}  // namespace
}  // namespace lookbook
