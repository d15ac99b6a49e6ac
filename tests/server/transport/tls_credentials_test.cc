// Handshakes of every kind with a port that speaks TLS, over the health service.
#include "server/transport/tls_credentials.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/snapshot.h"
#include "tests/server/security/test_certificates.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using grpc::health::v1::Health;

constexpr char kTlsHello[] = "\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03";

class TlsCredentialsTest : public ::testing::Test {
 protected:
  TlsCredentialsTest() { health_.Set("", true); }

  // `client_ca`: null = clients need no certificate.
  void Show(const TestCertificate& own, const TestCa* client_ca = nullptr) {
    std::optional<absl::string_view> ca;
    if (client_ca != nullptr) ca = client_ca->certificate();
    auto made = MakeTlsIdentity(own.certificate, own.key, ca, absl::Now());
    ASSERT_THAT(made, IsOk());
    identity_.Swap(std::make_shared<const TlsIdentity>(*std::move(made)));
  }
  void Listen(bool tls = true) {
    GrpcServerOptions options;
    if (tls) options.credentials = MakeTlsCredentials([this] { return identity_.Get(); });
    auto server = GrpcServer::Listen(options, {&health_});
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }

  // Each a connection of its own.
  std::shared_ptr<grpc::Channel> Channel(const std::string& roots,
                                         const TestCertificate& own = {}) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                     grpc::SslCredentials({roots, own.key, own.certificate}),
                                     arguments);
  }
  static grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    grpc::health::v1::HealthCheckResponse response;
    return Health::NewStub(channel)->Check(&context, {}, &response);
  }
  void ExpectServes(const std::string& roots, const TestCertificate& own = {}) const {
    const grpc::Status status = Check(Channel(roots, own));
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  void ExpectNoHandshake(const std::string& roots, const TestCertificate& own = {}) const {
    const grpc::Status status = Check(Channel(roots, own));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  }

  // Sends bytes to the port; whether it then closes the connection.
  bool IsClosedAfter(absl::string_view bytes) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval limit = {60, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    char buffer[4096];
    ssize_t got = 0;
    do {
      got = ::recv(fd, buffer, sizeof(buffer), 0);
    } while (got > 0);
    const bool closed = got == 0 || errno == ECONNRESET;
    ::close(fd);
    return closed;
  }

  const TestCa ca_;
  const TestCa other_ca_{"another CA"};
  const TestCertificate own_ = ca_.Issue();
  Snapshot<TlsIdentity> identity_;
  HealthService health_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(TlsCredentialsTest, WhoTrustsTheCaIsServedWithoutACertificate) {
  Show(own_);
  Listen();
  ExpectServes(ca_.certificate());
  ExpectNoHandshake(other_ca_.certificate());
}

TEST_F(TlsCredentialsTest, WithACaForClientsOnlyItsCertificatesThatAreValidNow) {
  Show(own_, &ca_);
  Listen();
  ExpectNoHandshake(ca_.certificate());
  ExpectNoHandshake(ca_.certificate(), other_ca_.Issue({.name = "client.example"}));
  ExpectNoHandshake(
      ca_.certificate(),
      ca_.Issue({.name = "client.example", .begins = -absl::Hours(2), .ends = -absl::Hours(1)}));
  ExpectNoHandshake(ca_.certificate(),
                    ca_.Issue({.name = "client.example", .begins = absl::Hours(1)}));
  ExpectServes(ca_.certificate(), ca_.Issue({.name = "client.example"}));
}

TEST_F(TlsCredentialsTest, TheCaForClientsNeedNotBeTheServersOwn) {
  Show(own_, &other_ca_);
  Listen();
  ExpectNoHandshake(ca_.certificate(), ca_.Issue({.name = "client.example"}));
  ExpectServes(ca_.certificate(), other_ca_.Issue({.name = "client.example"}));
}

TEST_F(TlsCredentialsTest, ANewIdentityIsForNewConnectionsAndOldOnesGoOn) {
  Show(own_);
  Listen();
  const auto old = Channel(ca_.certificate());
  ASSERT_TRUE(Check(old).ok());
  ExpectNoHandshake(other_ca_.certificate());
  Show(other_ca_.Issue());
  ExpectServes(other_ca_.certificate());
  ExpectNoHandshake(ca_.certificate());
  EXPECT_TRUE(Check(old).ok());
}

TEST_F(TlsCredentialsTest, ANewCaForClientsIsInForceAtTheNextHandshake) {
  Show(own_, &ca_);
  Listen();
  const TestCertificate client = ca_.Issue({.name = "client.example"});
  ExpectServes(ca_.certificate(), client);
  Show(own_, &other_ca_);
  ExpectNoHandshake(ca_.certificate(), client);
  ExpectServes(ca_.certificate(), other_ca_.Issue({.name = "client.example"}));
}

TEST_F(TlsCredentialsTest, NoHandshakeFailsWhileIdentitiesChange) {
  Show(own_, &ca_);
  Listen();
  const TestCertificate client = ca_.Issue({.name = "client.example"});
  std::atomic<bool> done{false};
  std::atomic<int> served{0}, failed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      while (!done) ++(Check(Channel(ca_.certificate(), client)).ok() ? served : failed);
    });
  }
  for (int change = 0; change < 20; ++change) {
    Show(ca_.Issue(), &ca_);
    const int before = served;
    while (served < before + 3 && failed == 0) std::this_thread::yield();
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(TlsCredentialsTest, PlainTextIsNoTls) {
  Show(own_);
  Listen();
  EXPECT_EQ(Check(ChannelTo(server_->port())).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(IsClosedAfter("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  EXPECT_TRUE(IsClosedAfter("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  ExpectServes(ca_.certificate());
}

TEST_F(TlsCredentialsTest, TlsIsNoPlainText) {
  Listen(/*tls=*/false);
  ExpectNoHandshake(ca_.certificate());
  EXPECT_TRUE(IsClosedAfter(absl::string_view(kTlsHello, sizeof(kTlsHello) - 1)));
  EXPECT_TRUE(Check(ChannelTo(server_->port())).ok());
}

TEST_F(TlsCredentialsTest, WhoNeverFinishesItsHelloIsClosed) {
  Show(own_);
  Listen();
  EXPECT_TRUE(IsClosedAfter(absl::string_view(kTlsHello, sizeof(kTlsHello) - 1)));
  ExpectServes(ca_.certificate());
}

TEST_F(TlsCredentialsTest, OneObjectMayServeSeveralPorts) {
  Show(own_);
  const auto credentials = MakeTlsCredentials([this] { return identity_.Get(); });
  GrpcServerOptions options;
  options.credentials = credentials;
  HealthService second;
  second.Set("", true);
  auto first_server = GrpcServer::Listen(options, {&health_});
  auto second_server = GrpcServer::Listen(options, {&second});
  ASSERT_THAT(first_server, IsOk());
  ASSERT_THAT(second_server, IsOk());
  const TestCertificate next = other_ca_.Issue();
  Show(next);
  for (auto* server : {&first_server, &second_server}) {
    server_ = *std::move(*server);
    ExpectServes(other_ca_.certificate());
  }
}

}  // namespace
}  // namespace lookbook
