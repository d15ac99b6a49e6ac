// What GrpcServer does with connections, seen from sockets that keep to no rules.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/transport/grpc_server.h"
#include "tests/server/security/test_certificates.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/http2_frames.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(60);
constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
// An empty message, compressed with gzip.
constexpr absl::string_view kEmptyAsGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);

class ConnectionPolicyTest : public ::testing::Test {
 protected:
  void Listen(const GrpcServerOptions& options = {}) {
    auto server = GrpcServer::Listen(options, {&health_});
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    health_.Set("", true);
  }
  ~ConnectionPolicyTest() override { health_.EndWatches(); }

  TcpClient Connect() { return TcpClient(server_->port()); }
  // A connection that has its server's settings and has said so.
  TcpClient Greet() {
    TcpClient client = Connect();
    EXPECT_TRUE(client.Send(Http2Greeting()));
    EXPECT_TRUE(AwaitFrame(&client, Http2Frame::kSettings, kLong).has_value());
    EXPECT_TRUE(client.Send(BytesOf({.type = Http2Frame::kSettings, .flags = Http2Frame::kAck})));
    return client;
  }

  // Does a message come back? It does not when the call or the connection ends first.
  static bool IsAnswered(TcpClient* client) {
    while (const auto frame = ReadFrame(client, kLong)) {
      if (frame->type == Http2Frame::kData) return true;
      const bool ends =
          frame->type == Http2Frame::kHeaders && frame->flags & Http2Frame::kEndStream;
      if (ends || frame->type == Http2Frame::kRstStream) return false;
    }
    return false;
  }

  grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.set_wait_for_ready(true);
    grpc::health::v1::HealthCheckResponse response;
    return Health::NewStub(channel)->Check(&context, {}, &response);
  }
  void ExpectStillServing() {
    const grpc::Status status = Check(ChannelTo(server_->port()));
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  HealthService health_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(ConnectionPolicyTest, WhoDoesNotBeginInTimeIsClosed) {
  Listen({.handshake_timeout = absl::Seconds(1)});
  TcpClient idle = Greet();
  TcpClient silent = Connect(), half = Connect(), preface = Connect();
  ASSERT_TRUE(half.Send(kHttp2Preface.substr(0, 10)));
  ASSERT_TRUE(preface.Send(kHttp2Preface));
  EXPECT_TRUE(silent.Closes(kLong));
  EXPECT_TRUE(half.Closes(kLong));
  EXPECT_TRUE(preface.Closes(kLong)) << "its settings belong to the beginning";
  EXPECT_TRUE(idle.IsOpen()) << "it has begun, and may do nothing for a while";
}

TEST_F(ConnectionPolicyTest, WhatIsNotHttp2IsClosedAndFloodsNoLog) {
  Listen();
  std::string random(1000, '\0');
  uint32_t state = 1;
  for (char& c : random) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::vector<std::string> greetings = {
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + random,  // TLS's hello.
      random, std::string(1000, '\0')};
  ::testing::internal::CaptureStderr();
  const absl::Time begin = absl::Now();
  bool closed = true;
  for (size_t i = 0; i < 100 && closed; ++i) {
    TcpClient client = Connect();
    client.Send(greetings[i % greetings.size()]);
    closed = client.Closes(kLong);
  }
  EXPECT_TRUE(closed);
  const std::string log = ::testing::internal::GetCapturedStderr();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 10 * (seconds + 1)) << log;
  ExpectStillServing();
}

// What speaks plainly to a port of TLS, or says nothing, ends in time; who speaks TLS is served.
TEST_F(ConnectionPolicyTest, TlsIsSpokenByBothSidesOrByNone) {
  const TestCa ca;
  const TestCertificate own = ca.Issue();
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs = {{own.key, own.certificate}};
  Listen({.handshake_timeout = absl::Milliseconds(500),
          .credentials = grpc::SslServerCredentials(tls)});
  TcpClient plain = Connect(), silent = Connect(), hello = Connect();
  plain.Send(Http2Greeting());
  hello.Send(absl::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(plain.Closes(kLong));
  EXPECT_TRUE(silent.Closes(kLong));
  EXPECT_TRUE(hello.Closes(kLong)) << "it began TLS, and went no further";
  grpc::SslCredentialsOptions trusted;
  trusted.pem_root_certs = ca.certificate();
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  const auto channel = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                                 grpc::SslCredentials(trusted), arguments);
  const grpc::Status status = Check(channel);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ConnectionPolicyTest, AnOldConnectionIsToldToGoAndThenClosed) {
  Listen({.connection_age = absl::Seconds(1), .connection_grace = absl::Milliseconds(200)});
  TcpClient client = Greet();
  // A call that would go on for ever.
  ASSERT_TRUE(client.Send(Headers(1, CallHeaders(kWatch)) + LastMessage(1, "")));
  EXPECT_TRUE(AwaitFrame(&client, Http2Frame::kData, kLong).has_value()) << "it has begun";
  EXPECT_TRUE(AwaitFrame(&client, Http2Frame::kGoAway, kLong).has_value());
  EXPECT_TRUE(client.Closes(kLong)) << "the grace has an end";
}

TEST_F(ConnectionPolicyTest, CallersDoNotNoticeThatConnectionsAge) {
  Listen({.connection_age = absl::Milliseconds(20)});
  const auto channel = ChannelTo(server_->port());
  const absl::Time end = absl::Now() + absl::Milliseconds(500);
  while (absl::Now() < end) {
    const grpc::Status status = Check(channel);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(ConnectionPolicyTest, PingsAsFastAsTheyComeAreTooMany) {
  Listen();
  TcpClient client = Greet();
  const std::string ping = BytesOf({.type = Http2Frame::kPing, .payload = std::string(8, 'p')});
  for (int i = 0; i < 100 && client.Send(ping); ++i) continue;
  const auto goodbye = AwaitFrame(&client, Http2Frame::kGoAway, kLong);
  ASSERT_TRUE(goodbye.has_value());
  EXPECT_THAT(goodbye->payload, HasSubstr("too_many_pings"));
  EXPECT_TRUE(client.Closes(kLong));
  ExpectStillServing();
}

TEST_F(ConnectionPolicyTest, AsManyCallsAtOnceAsTheLimitAndNotOneMore) {
  Listen({.streams_per_connection = 3});
  TcpClient client = Greet();
  uint32_t stream = 1;
  for (int i = 0; i < 3; ++i, stream += 2) {
    ASSERT_TRUE(client.Send(Headers(stream, CallHeaders(kWatch)) + LastMessage(stream, "")));
    EXPECT_TRUE(AwaitFrame(&client, Http2Frame::kData, kLong).has_value()) << "call " << i;
  }
  ASSERT_TRUE(client.Send(Headers(stream, CallHeaders(kWatch))));
  EXPECT_TRUE(client.Closes(kLong)) << "who counts wrong is no client";
  ExpectStillServing();
}

TEST_F(ConnectionPolicyTest, MetadataOf8KiBIsReadAndOneByteMoreIsNot) {
  Listen();
  for (const size_t size : {size_t{8192}, size_t{8193}}) {
    TcpClient client = Greet();
    Http2Headers headers = CallHeaders(kCheck);
    headers.emplace_back("x-large", "");
    headers.back().second.assign(size - SizeOf(headers), 'm');
    ASSERT_EQ(SizeOf(headers), size);
    client.Send(Headers(1, headers) + LastMessage(1, ""));
    EXPECT_EQ(IsAnswered(&client), size == 8192) << size;
  }
  ExpectStillServing();
}

TEST_F(ConnectionPolicyTest, CompressionIsOffWhateverItIsCalled) {
  Listen();
  for (const char* encoding : {"gzip", "deflate", "snappy"}) {
    TcpClient client = Greet();
    Http2Headers headers = CallHeaders(kCheck);
    headers.emplace_back("grpc-encoding", encoding);
    client.Send(Headers(1, headers) + LastMessage(1, kEmptyAsGzip, true));
    EXPECT_FALSE(IsAnswered(&client)) << encoding;
  }
  ExpectStillServing();
}

TEST_F(ConnectionPolicyTest, OneConnectionMoreThanThereMayBeIsClosed) {
  Listen({.connections = 2});
  TcpClient first = Greet(), second = Greet(), third = Connect();
  EXPECT_TRUE(third.Closes(kLong));
  first.Close();
  ExpectStillServing();
}

TEST_F(ConnectionPolicyTest, ConnectionsThatBeganAreEndedByShutdown) {
  Listen();
  TcpClient client = Greet();
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_TRUE(client.Closes(kLong));
  EXPECT_FALSE(Connect().connected());
}

}  // namespace
}  // namespace lookbook
