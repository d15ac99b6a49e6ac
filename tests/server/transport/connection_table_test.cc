#include "server/transport/connection_table.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>

#include "base/descriptor.h"

namespace lookbook {
namespace {

Descriptor Socket() { return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

struct sockaddr_storage Peer(const char* text) {
  struct sockaddr_storage peer = {};
  auto& ipv4 = reinterpret_cast<struct sockaddr_in&>(peer);
  auto& ipv6 = reinterpret_cast<struct sockaddr_in6&>(peer);
  if (std::strchr(text, ':') == nullptr) {
    ipv4.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, text, &ipv4.sin_addr), 1);
  } else {
    ipv6.sin6_family = AF_INET6;
    EXPECT_EQ(::inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
  }
  return peer;
}

TEST(ConnectionTableTest, CountsWhatIsOpenByClient) {
  ConnectionTable table;
  const Descriptor first = Socket(), second = Socket(), third = Socket();
  table.Add(first.get(), "a");
  table.Add(second.get(), "a");
  table.Add(third.get(), "b");
  table.Sweep();
  EXPECT_EQ(table.size(), 3);
  EXPECT_EQ(table.CountFrom("a"), 2);
  EXPECT_EQ(table.CountFrom("b"), 1);
  EXPECT_EQ(table.CountFrom("c"), 0);
}

TEST(ConnectionTableTest, ASweepFindsWhatWasClosed) {
  ConnectionTable table;
  Descriptor first = Socket(), second = Socket();
  table.Add(first.get(), "a");
  table.Add(second.get(), "a");
  first.Reset();
  EXPECT_EQ(table.size(), 2) << "nobody said so";
  table.Sweep();
  EXPECT_EQ(table.size(), 1);
  EXPECT_EQ(table.CountFrom("a"), 1);
}

TEST(ConnectionTableTest, ANumberThatAnotherFileHasIsAnEndToo) {
  ConnectionTable table;
  Descriptor socket = Socket();
  const int number = socket.get();
  table.Add(number, "a");
  socket.Reset();
  Descriptor other = Socket();
  ASSERT_EQ(::dup2(other.get(), number), number);
  const Descriptor owner(number);
  table.Sweep();
  EXPECT_EQ(table.size(), 0);
}

TEST(ConnectionTableTest, ANumberThatIsGivenOutAgainIsCountedOnce) {
  ConnectionTable table;
  Descriptor socket = Socket();
  const int number = socket.get();
  table.Add(number, "a");
  socket.Reset();
  socket = Socket();
  ASSERT_EQ(socket.get(), number) << "the system gives out the lowest";
  table.Add(number, "b");
  EXPECT_EQ(table.size(), 1);
  EXPECT_EQ(table.CountFrom("a"), 0);
  EXPECT_EQ(table.CountFrom("b"), 1);
}

TEST(ConnectionTableTest, WhatIsNotOpenIsNotCounted) {
  ConnectionTable table;
  table.Add(1 << 20, "a");
  EXPECT_EQ(table.size(), 0);
}

TEST(ClientOfTest, IsAnIpv4AddressHoweverItIsWritten) {
  EXPECT_EQ(ClientOf(Peer("192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(ClientOf(Peer("::ffff:192.0.2.7")), "192.0.2.7");
}

TEST(ClientOfTest, IsTheFirstHalfOfAnIpv6Address) {
  EXPECT_EQ(ClientOf(Peer("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
  EXPECT_EQ(ClientOf(Peer("2001:db8:1:2:ffff::1")), "2001:db8:1:2::/64");
  EXPECT_NE(ClientOf(Peer("2001:db8:1:3::1")), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace lookbook
