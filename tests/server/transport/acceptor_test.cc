#include "server/transport/acceptor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_client.h"

namespace lookbook {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() { ConfigureLogging(LogLevel::kError, LogFormat::kText); }
  ~AcceptorTest() override { ConfigureLogging(LogLevel::kInfo, LogFormat::kText); }

  void Start(AcceptorOptions options = {}) {
    options.metrics = &metrics_;
    auto sockets = ListenOn("127.0.0.1:0");
    ASSERT_THAT(sockets, IsOk());
    auto acceptor = Acceptor::Start(*std::move(sockets), options, [this](int descriptor) {
      MutexLock lock(&mutex_);
      taken_.emplace_back(descriptor);
      came_.NotifyAll();
    });
    ASSERT_THAT(acceptor, IsOk());
    acceptor_ = *std::move(acceptor);
  }

  std::unique_ptr<TcpClient> Connect(const char* source = "127.0.0.1") {
    return std::make_unique<TcpClient>(acceptor_->port(), source);
  }
  // Connects, and waits until the connection was handed over.
  std::unique_ptr<TcpClient> ConnectAndAwait(const char* source = "127.0.0.1") {
    const size_t before = taken();
    auto client = Connect(source);
    AwaitTaken(before + 1);
    return client;
  }
  void AwaitTaken(size_t count) {
    const absl::Time end = absl::Now() + kLong;
    MutexLock lock(&mutex_);
    while (taken_.size() < count && absl::Now() < end) came_.WaitFor(&mutex_, end - absl::Now());
    ASSERT_GE(taken_.size(), count);
  }
  size_t taken() {
    MutexLock lock(&mutex_);
    return taken_.size();
  }
  // Ends the oldest connection that was handed over, as gRPC would.
  void EndOldest() {
    MutexLock lock(&mutex_);
    taken_.erase(taken_.begin());
  }

  double Metric(const std::string& series) { return ValueOf(metrics_.Scrape(), series); }
  bool MetricBecomes(const std::string& series, double value) {
    const absl::Time end = absl::Now() + kLong;
    while (Metric(series) != value && absl::Now() < end) std::this_thread::yield();
    return Metric(series) == value;
  }
  static std::string Rejected(const char* reason) {
    return absl::StrCat("lookbook_connections_rejected_total{reason=\"", reason, "\"}");
  }

  ServerMetrics metrics_{{"default"}};
  Mutex mutex_;
  CondVar came_;
  std::vector<Descriptor> taken_;
  std::unique_ptr<Acceptor> acceptor_;  // Last: its handler uses the others.
};

TEST_F(AcceptorTest, HandsOverConnectionsThatDoNotBlock) {
  Start();
  const auto client = ConnectAndAwait();
  MutexLock lock(&mutex_);
  EXPECT_NE(::fcntl(taken_[0].get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(taken_[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_TRUE(client->Send("x"));
}

TEST_F(AcceptorTest, CountsThoseThatAreOpen) {
  Start();
  const auto first = ConnectAndAwait(), second = ConnectAndAwait();
  EXPECT_TRUE(MetricBecomes("lookbook_connections", 2));
  EndOldest();
  EXPECT_TRUE(MetricBecomes("lookbook_connections", 1)) << "nobody told it, and nobody else came";
  acceptor_->Stop();
  EXPECT_EQ(Metric("lookbook_connections"), 0);
}

TEST_F(AcceptorTest, OneMoreThanThereMayBeIsResetAndTheNextFindsAFreePlace) {
  Start({.connections = 2});
  const auto first = ConnectAndAwait(), second = ConnectAndAwait();
  EXPECT_TRUE(Connect()->Closes(kLong));
  EXPECT_EQ(taken(), 2u);
  EXPECT_EQ(Metric(Rejected("connections")), 1);
  EXPECT_TRUE(second->IsOpen());
  EndOldest();
  // The free place is noticed a moment later.
  const absl::Time end = absl::Now() + kLong;
  std::vector<std::unique_ptr<TcpClient>> others;
  while (taken() < 2 && absl::Now() < end) {
    others.push_back(Connect());
    others.back()->Closes(absl::Milliseconds(20));
  }
  EXPECT_EQ(taken(), 2u);
}

TEST_F(AcceptorTest, OneAddressHasItsShareAndOthersTheirs) {
  Start({.connections = 10, .per_client = 2});
  const auto first = ConnectAndAwait(), second = ConnectAndAwait();
  EXPECT_TRUE(Connect()->Closes(kLong));
  EXPECT_EQ(Metric(Rejected("address")), 1);
  const auto other = ConnectAndAwait("127.0.0.2");
  EXPECT_TRUE(other->IsOpen());
  EXPECT_EQ(Metric(Rejected("connections")), 0);
}

// A limit of descriptors that leaves this process room for `more`.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    struct rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(next.get() + more);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  struct rlimit before_ = {};
};

TEST_F(AcceptorTest, ConnectionsLeaveDescriptorsForOthers) {
  Start();
  std::vector<std::unique_ptr<TcpClient>> clients;
  const DescriptorLimit limit(40);
  const auto refused = [&] { return Metric(Rejected("descriptors")) > 0; };
  // Each takes two here: its client's and the one handed over.
  while (!refused() && clients.size() < 40) {
    clients.push_back(Connect());
    ASSERT_TRUE(clients.back()->connected()) << "this process has no descriptor left";
    const absl::Time end = absl::Now() + kLong;
    const size_t expected = clients.size();
    while (taken() < expected && !refused() && absl::Now() < end) std::this_thread::yield();
  }
  EXPECT_TRUE(refused());
  EXPECT_GT(taken(), 0u);
  const Descriptor own(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(own.is_open()) << "a quarter of the limit is kept for others";
}

TEST_F(AcceptorTest, OutlivesAProcessWithoutDescriptors) {
  Start();
  const int port = acceptor_->port();
  std::vector<Descriptor> clients, fillers;
  for (int i = 0; i < 20; ++i)
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    const DescriptorLimit limit(8);
    do {
      fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    } while (fillers.back().is_open());
    for (const Descriptor& client : clients) {
      struct sockaddr_in other = {};
      other.sin_family = AF_INET;
      other.sin_port = htons(static_cast<uint16_t>(port));
      other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      ASSERT_EQ(::connect(client.get(), reinterpret_cast<struct sockaddr*>(&other), sizeof(other)),
                0);
    }
    // Each is refused with the descriptor that was kept for it: none is left waiting.
    for (const Descriptor& client : clients) {
      struct pollfd ready = {client.get(), POLLIN, 0};
      ASSERT_EQ(::poll(&ready, 1, 30'000), 1);
    }
    EXPECT_EQ(taken(), 0u);
    fillers.clear();
  }
  // Only now: UBSan cannot look at an object while no descriptor is free.
  EXPECT_TRUE(MetricBecomes(Rejected("descriptors"), 20));
  EXPECT_TRUE(ConnectAndAwait()->Send("x"));
}

TEST_F(AcceptorTest, StopClosesThePortAndLeavesConnectionsAlone) {
  Start();
  const auto client = ConnectAndAwait();
  const int port = acceptor_->port();
  acceptor_->Stop();
  acceptor_->Stop();
  EXPECT_FALSE(TcpClient(port).connected());
  EXPECT_TRUE(client->IsOpen());
}

TEST_F(AcceptorTest, RefusalsCannotFloodTheLog) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
  Start({.connections = 1});
  const auto client = ConnectAndAwait();
  ::testing::internal::CaptureStderr();
  const absl::Time begin = absl::Now();
  bool closed = true;
  for (int i = 0; i < 100 && closed; ++i) closed = Connect()->Closes(kLong);
  EXPECT_TRUE(closed);
  acceptor_->Stop();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  const std::string log = ::testing::internal::GetCapturedStderr();
  const auto lines = std::count(log.begin(), log.end(), '\n');
  EXPECT_GE(lines, 1);
  EXPECT_LE(lines, seconds + 2);
  EXPECT_THAT(log, ::testing::HasSubstr("connection refused port="));
  EXPECT_THAT(log, ::testing::HasSubstr("reason=connections client=127.0.0.1 open=1"));
}

}  // namespace
}  // namespace lookbook
