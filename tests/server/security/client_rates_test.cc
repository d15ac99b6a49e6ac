#include "server/security/client_rates.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/retry_pushback.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

TEST(ClientRatesTest, WhoIsOverItsRateIsToldWhenToComeBack) {
  ClientRates rates({.calls_per_second = 4, .calls_burst = 2});
  EXPECT_THAT(rates.Admit("a", 0, kStart), IsOk());
  EXPECT_THAT(rates.Admit("a", 0, kStart), IsOk());
  const absl::Status refused = rates.Admit("a", 0, kStart);
  EXPECT_THAT(refused, AllOf(StatusIs(absl::StatusCode::kResourceExhausted,
                                      HasSubstr("over its rate of 4 calls a second")),
                             HasReason("rate")));
  EXPECT_THAT(GetRetryPushback(refused), Optional(absl::Milliseconds(250)));
  EXPECT_THAT(rates.Admit("a", 0, kStart + absl::Milliseconds(250)), IsOk());
}

TEST(ClientRatesTest, OthersDoNotPayForIt) {
  ClientRates rates({.calls_per_second = 1});
  EXPECT_THAT(rates.Admit("a", 0, kStart), IsOk());
  EXPECT_THAT(rates.Admit("a", 0, kStart), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(rates.Admit("b", 0, kStart), IsOk());
}

TEST(ClientRatesTest, BytesAreARateOfTheirOwn) {
  ClientRates rates({.bytes_per_second = 1000});
  for (int i = 0; i < 100; ++i) ASSERT_THAT(rates.Admit("a", 0, kStart), IsOk()) << "any number";
  EXPECT_THAT(rates.Admit("a", 600, kStart), IsOk());
  const absl::Status refused = rates.Admit("a", 600, kStart);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("1000 bytes")));
  EXPECT_THAT(GetRetryPushback(refused), Optional(absl::Milliseconds(200)));
}

TEST(ClientRatesTest, ARefusalTakesNothing) {
  ClientRates rates({.calls_per_second = 10, .calls_burst = 10, .bytes_per_second = 1000});
  ASSERT_THAT(rates.Admit("a", 1000, kStart), IsOk());
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(rates.Admit("a", 500, kStart), StatusIs(absl::StatusCode::kResourceExhausted));
  }
  for (int i = 0; i < 9; ++i) EXPECT_THAT(rates.Admit("a", 0, kStart), IsOk()) << i;
}

TEST(ClientRatesTest, ABurstIsThatOfASecondUnlessSaid) {
  ClientRates rates({.calls_per_second = 3});
  for (int i = 0; i < 3; ++i) EXPECT_THAT(rates.Admit("a", 0, kStart), IsOk()) << i;
  EXPECT_THAT(rates.Admit("a", 0, kStart), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(ClientRatesTest, RemembersNoMoreClientsThanItMayAndTheLastToCall) {
  ClientRates rates({.calls_per_second = 1, .clients = 3});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(rates.Admit("flood", 0, kStart).ok(), i == 0)
        << "others do not push out who keeps calling, " << i;
    EXPECT_THAT(rates.Admit(absl::StrCat("passer-by ", i), 0, kStart), IsOk());
    ASSERT_LE(rates.remembered(), 3u);
  }
  EXPECT_THAT(rates.Admit("passer-by 0", 0, kStart), IsOk()) << "forgotten";
}

TEST(ClientRatesTest, ManyThreadsTakeNoMoreThanOneWould) {
  ClientRates rates({.calls_per_second = 50, .clients = 2});
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) admitted += rates.Admit("a", 0, kStart).ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 50);
}

}  // namespace
}  // namespace lookbook
