#include "server/transport/listening_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_client.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

bool HasIpv6() {
  const Descriptor socket(::socket(AF_INET6, SOCK_STREAM, 0));
  struct sockaddr_in6 own = {};
  own.sin6_family = AF_INET6;
  own.sin6_addr = in6addr_loopback;
  return ::bind(socket.get(), reinterpret_cast<struct sockaddr*>(&own), sizeof(own)) == 0;
}

int Option(const Descriptor& socket, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(::getsockopt(socket.get(), level, option, &value, &size), 0);
  return value;
}

// Connects over IPv6's loopback address.
bool AnswersOverIpv6(int port) {
  const Descriptor socket(::socket(AF_INET6, SOCK_STREAM, 0));
  struct sockaddr_in6 other = {};
  other.sin6_family = AF_INET6;
  other.sin6_port = htons(static_cast<uint16_t>(port));
  other.sin6_addr = in6addr_loopback;
  return ::connect(socket.get(), reinterpret_cast<struct sockaddr*>(&other), sizeof(other)) == 0;
}

TEST(ListenOnTest, PortZeroIsAFreePort) {
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets, ListenOn("127.0.0.1:0"));
  EXPECT_EQ(sockets.sockets.size(), 1u);
  EXPECT_GT(sockets.port, 0);
  EXPECT_TRUE(TcpClient(sockets.port).connected());
}

TEST(ListenOnTest, AChosenPortIsThatPort) {
  int port = 0;
  {
    LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets free, ListenOn("127.0.0.1:0"));
    port = free.port;
  }
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets,
                          ListenOn(absl::StrCat("127.0.0.1:", port)));
  EXPECT_EQ(sockets.port, port);
}

TEST(ListenOnTest, APortInUseIsAnErrorThatNamesIt) {
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets taken, ListenOn("127.0.0.1:0"));
  for (const char* host : {"127.0.0.1", "0.0.0.0", "localhost"}) {
    const std::string address = absl::StrCat(host, ":", taken.port);
    EXPECT_THAT(ListenOn(address),
                StatusIs(kInvalid, AllOf(HasSubstr(address), HasSubstr("in use"))));
  }
}

TEST(ListenOnTest, APortIsNotSharedWithWhoWouldShareIt) {
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets taken, ListenOn("127.0.0.1:0"));
  EXPECT_EQ(Option(taken.sockets[0], SOL_SOCKET, SO_REUSEPORT), 0);
}

TEST(ListenOnTest, ANameStandsForAllItsAddressesOnOnePort) {
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets, ListenOn("localhost:0"));
  EXPECT_GT(sockets.port, 0);
  EXPECT_TRUE(TcpClient(sockets.port).connected());
}

TEST(ListenOnTest, AllAddressesAreIpv4AndIpv6) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets, ListenOn(address));
    EXPECT_TRUE(TcpClient(sockets.port).connected()) << address;
    if (HasIpv6()) {
      EXPECT_TRUE(AnswersOverIpv6(sockets.port)) << address;
    }
  }
}

TEST(ListenOnTest, AnIpv6AddressStandsInBrackets) {
  if (!HasIpv6()) GTEST_SKIP() << "this machine has no IPv6";
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets, ListenOn("[::1]:0"));
  EXPECT_TRUE(AnswersOverIpv6(sockets.port));
  EXPECT_FALSE(TcpClient(sockets.port).connected()) << "127.0.0.1 was not asked for";
}

TEST(ListenOnTest, WhatCannotBeListenedOnIsNamed) {
  const std::string unknown(64, 'a');  // Too long for a name: nobody is asked for it.
  for (const std::string& address :
       {std::string("192.0.2.1:0"), absl::StrCat(unknown, ":0"), std::string("127.0.0.1"),
        std::string(":50051"), std::string("127.0.0.1:65536"), std::string("127.0.0.1:http"),
        std::string()}) {
    EXPECT_THAT(ListenOn(address),
                StatusIs(kInvalid, HasSubstr(absl::StrCat("address ", address))));
  }
}

TEST(ListenOnTest, WhatIsAcceptedSendsAtOnceAndDoesNotWaitForTheDead) {
  LB_ASSERT_OK_AND_ASSIGN(const ListeningSockets sockets, ListenOn("127.0.0.1:0"));
  const TcpClient client(sockets.port);
  const Descriptor accepted(::accept4(sockets.sockets[0].get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted.is_open());
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
}

}  // namespace
}  // namespace lookbook
