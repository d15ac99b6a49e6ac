#include "server/pipeline/queue_places.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class QueuePlacesTest : public ::testing::Test {
 protected:
  // Takes as many as it gets, at most `most`.
  int TakeAll(const std::string& peer, int most = 1000) {
    int taken = 0;
    while (taken < most && places_.Take(peer).ok()) ++taken;
    return taken;
  }
  double Taken() const { return metrics_.bundle("test").queue_depth.Value(); }

  mutable ServerMetrics metrics_{{"test"}};
  QueuePlaces places_{64, metrics_.bundle("test").queue_depth};
};

TEST_F(QueuePlacesTest, WithoutAPeerAllPlacesCanBeTaken) {
  EXPECT_EQ(TakeAll(""), 64);
  const absl::Status full = places_.Take("");
  EXPECT_THAT(full, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("all 64 places")));
  EXPECT_THAT(full, HasReason("queue_full"));
  EXPECT_EQ(Taken(), 64);
  places_.Give("");
  EXPECT_THAT(places_.Take(""), IsOk());
  EXPECT_EQ(places_.peers(), 0);
}

TEST_F(QueuePlacesTest, OneThatFloodsLeavesRoomForOthers) {
  EXPECT_EQ(TakeAll("flood"), 57) << "one place in nine is left";
  const absl::Status refused = places_.Take("flood");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted,
                                HasSubstr("this connection has 57 of 64 places")));
  EXPECT_THAT(refused, HasReason("queue_full"));
  for (int i = 0; i < 7; ++i) EXPECT_THAT(places_.Take(absl::StrCat("newcomer-", i)), IsOk());
  EXPECT_THAT(places_.Take("newcomer-7"), HasReason("queue_full"));
}

TEST_F(QueuePlacesTest, WhatAFloodGivesBackGoesToThoseWhoHoldLess) {
  int flood = TakeAll("flood");
  int other = TakeAll("other");
  for (int round = 0; round < 100; ++round) {
    int& larger = flood >= other ? flood : other;
    places_.Give(&larger == &flood ? "flood" : "other");
    --larger;
    flood += places_.Take("flood").ok();  // The flood is always the quicker one.
    other += places_.Take("other").ok();
  }
  EXPECT_GE(other, 28) << "half of the queue, nearly";
  EXPECT_GE(flood, 28);
}

TEST_F(QueuePlacesTest, ThoseWhoFloodTogetherHaveEqualShares) {
  std::vector<int> held(4, 0);
  for (int round = 0; round < 64; ++round) {
    for (int peer = 0; peer < 4; ++peer) held[peer] += places_.Take(absl::StrCat(peer)).ok();
  }
  for (const int n : held) {
    EXPECT_GE(n, 15);
    EXPECT_LE(n, 16);
  }
}

TEST_F(QueuePlacesTest, AFewPlacesCanAllBeTakenByOne) {
  QueuePlaces few(2, metrics_.bundle("test").queue_depth);
  EXPECT_THAT(few.Take("only"), IsOk());
  EXPECT_THAT(few.Take("only"), IsOk());
  EXPECT_THAT(few.Take("only"), HasReason("queue_full"));
}

TEST_F(QueuePlacesTest, PeersWithoutAPlaceAreForgotten) {
  for (int i = 0; i < 10'000; ++i) {
    const std::string peer = absl::StrCat("ipv4:10.0.0.1:", i);
    ASSERT_THAT(places_.Take(peer), IsOk());
    ASSERT_EQ(places_.peers(), 1);
    places_.Give(peer);
  }
  EXPECT_EQ(places_.peers(), 0);
  EXPECT_EQ(Taken(), 0);
}

TEST_F(QueuePlacesTest, PlacesAreNeverHandedOutTwice) {
  QueuePlaces places(5, metrics_.bundle("test").queue_depth);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string peer = absl::StrCat("peer-", t % 3);
      for (int i = 0; i < 5000; ++i) {
        if (!places.Take(peer).ok()) continue;
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        places.Give(peer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 5);
  EXPECT_EQ(places.peers(), 0);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(places.Take(""), IsOk());
  EXPECT_THAT(places.Take(""), HasReason("queue_full"));
}

}  // namespace
}  // namespace lookbook
