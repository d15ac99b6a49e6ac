#include "client/load/listener_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr char kTable[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:C383 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "111 1 0 100 0 0 10 0\n"
    "   1: 0100007F:C383 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 "
    "222 1 0 100 0 0 10 0\n"
    "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "333 1 0 100 0 0 10 0\n";

TEST(ListenerProcessTest, OnlyListenersOfThePortCount) {
  EXPECT_THAT(ParseListeners(kTable, 50051), ElementsAre("111"));
  EXPECT_THAT(ParseListeners(kTable, 22), ElementsAre("333"));
  EXPECT_THAT(ParseListeners(kTable, 23), IsEmpty());
  EXPECT_THAT(ParseListeners("", 22), IsEmpty());
  EXPECT_THAT(ParseListeners("0: :0016 x 0A\n", 22), IsEmpty());
}

TEST(ListenerProcessTest, FindsThisProcessWhileItListens) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  EXPECT_EQ(FindListenerProcess(port), std::nullopt);  // Bound is not listening.
  ASSERT_EQ(::listen(socket, 1), 0);
  EXPECT_THAT(FindListenerProcess(port), Optional(::getpid()));
  ::close(socket);
}

TEST(ListenerProcessTest, ThePortIsWhatFollowsTheLastColon) {
  EXPECT_THAT(TargetPort("localhost:50051"), Optional(50051));
  EXPECT_THAT(TargetPort("[::1]:80"), Optional(80));
  for (const char* target : {"localhost", "localhost:", "localhost:http", "a:0", "a:65536", ""}) {
    EXPECT_EQ(TargetPort(target), std::nullopt) << target;
  }
}

}  // namespace
}  // namespace lookbook
