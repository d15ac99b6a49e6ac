#include "server/lifecycle/serving_state.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr ServingState kAll[] = {ServingState::kStarting, ServingState::kServing,
                                 ServingState::kMoving,   ServingState::kLameDuck,
                                 ServingState::kDraining, ServingState::kStopped,
                                 ServingState::kStalled};

TEST(ServingStateTest, OnlyTheStatedTransitionsAreLegal) {
  const std::vector<std::pair<ServingState, ServingState>> legal = {
      {ServingState::kStarting, ServingState::kServing},
      {ServingState::kStarting, ServingState::kStopped},
      {ServingState::kServing, ServingState::kLameDuck},
      {ServingState::kServing, ServingState::kMoving},
      {ServingState::kServing, ServingState::kStalled},
      {ServingState::kStalled, ServingState::kServing},
      {ServingState::kStalled, ServingState::kMoving},
      {ServingState::kStalled, ServingState::kLameDuck},
      {ServingState::kMoving, ServingState::kServing},
      {ServingState::kMoving, ServingState::kLameDuck},
      {ServingState::kLameDuck, ServingState::kDraining},
      {ServingState::kDraining, ServingState::kStopped}};
  for (ServingState from : kAll) {
    for (ServingState to : kAll) {
      const bool wanted = std::count(legal.begin(), legal.end(), std::make_pair(from, to)) == 1;
      EXPECT_EQ(MayFollow(from, to), wanted)
          << ServingStateName(from) << " " << ServingStateName(to);
    }
  }
}

TEST(ServingStateTest, OnlyAServingServerIsReadyAndOnlyAStoppedOneIsDead) {
  for (ServingState state : kAll) {
    EXPECT_EQ(IsReady(state), state == ServingState::kServing) << ServingStateName(state);
    EXPECT_EQ(IsLive(state), state != ServingState::kStopped) << ServingStateName(state);
  }
}

TEST(ServingStateMachineTest, TellsEachStateInOrder) {
  std::vector<ServingState> told;
  ServingStateMachine machine([&](ServingState state) { told.push_back(state); });
  for (ServingState next : {ServingState::kServing, ServingState::kLameDuck,
                            ServingState::kDraining, ServingState::kStopped}) {
    ASSERT_THAT(machine.Advance(next), IsOk());
    EXPECT_EQ(machine.state(), next);
  }
  EXPECT_THAT(told,
              ElementsAre(ServingState::kStarting, ServingState::kServing, ServingState::kLameDuck,
                          ServingState::kDraining, ServingState::kStopped));
}

TEST(ServingStateMachineTest, AnIllegalStepChangesNothing) {
  int told = 0;
  ServingStateMachine machine([&](ServingState) { ++told; });
  EXPECT_THAT(machine.Advance(ServingState::kDraining),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("a server that is starting cannot become draining")));
  EXPECT_EQ(machine.state(), ServingState::kStarting);
  EXPECT_EQ(told, 1);
}

TEST(ServingStateMachineTest, OneOfManyThreadsWinsAStep) {
  std::atomic<int> told{0};
  ServingStateMachine machine([&](ServingState) { ++told; });
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { won += machine.Advance(ServingState::kServing).ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace lookbook
