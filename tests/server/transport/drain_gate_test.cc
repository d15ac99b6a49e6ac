#include "server/transport/drain_gate.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

namespace lookbook {
namespace {

TEST(DrainGateTest, AClosedGateLetsNobodyInAndEverybodyOut) {
  DrainGate gate;
  EXPECT_TRUE(gate.Enter());
  EXPECT_TRUE(gate.Enter());
  gate.Close();
  EXPECT_FALSE(gate.Enter());
  EXPECT_FALSE(gate.AwaitEmpty(absl::ZeroDuration()));
  gate.Leave();
  EXPECT_FALSE(gate.AwaitEmpty(absl::ZeroDuration()));
  gate.Leave();
  EXPECT_TRUE(gate.AwaitEmpty(absl::ZeroDuration()));
}

TEST(DrainGateTest, TheLastOneOutWakesWhoWaits) {
  auto gate = std::make_unique<DrainGate>();
  ASSERT_TRUE(gate->Enter());
  gate->Close();
  auto waits = std::async(std::launch::async, [&] { return gate->AwaitEmpty(absl::Hours(1)); });
  gate->Leave();
  EXPECT_TRUE(waits.get());
  gate.reset();
}

TEST(DrainGateTest, ManyComeAndGoWhileItCloses) {
  DrainGate gate;
  std::vector<std::future<void>> guests;
  for (int t = 0; t < 4; ++t) {
    guests.push_back(std::async(std::launch::async, [&] {
      while (gate.Enter()) gate.Leave();
    }));
  }
  gate.Close();
  EXPECT_TRUE(gate.AwaitEmpty(absl::Hours(1)));
  for (auto& guest : guests) guest.get();
}

}  // namespace
}  // namespace lookbook
