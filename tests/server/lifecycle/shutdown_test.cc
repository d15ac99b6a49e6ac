#include "server/lifecycle/shutdown.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;

class ShutdownTest : public ::testing::Test {
 protected:
  ShutdownSteps Steps() {
    ShutdownSteps steps;
    steps.wait = [this](absl::Duration time) {
      Note(absl::StrCat("wait ", absl::FormatDuration(time)));
    };
    steps.drain_calls = [this](absl::Duration time) {
      Note(absl::StrCat("drain ", absl::FormatDuration(time)));
    };
    steps.stop_pipelines = [this] { Note("stop pipelines"); };
    return steps;
  }
  void Note(const std::string& event) { events_.push_back(event); }

  std::vector<std::string> events_;
  ServingStateMachine machine_{[this](ServingState state) { Note(ServingStateName(state)); }};
  const ShutdownOptions options_{absl::Seconds(5), absl::Seconds(20)};
};

TEST_F(ShutdownTest, CallsAreServedDuringTheLameDuckAndPipelinesOutliveThem) {
  ASSERT_THAT(machine_.Advance(ServingState::kServing), IsOk());
  ASSERT_THAT(ShutDown(options_, Steps(), &machine_), IsOk());
  EXPECT_THAT(events_, ElementsAre("starting", "serving", "lame_duck", "wait 5s", "draining",
                                   "drain 20s", "stop pipelines", "stopped"));
}

TEST_F(ShutdownTest, AServerThatNeverServedStopsAtOnce) {
  ASSERT_THAT(ShutDown(options_, Steps(), &machine_), IsOk());
  EXPECT_THAT(events_, ElementsAre("starting", "stopped", "drain 0", "stop pipelines"));
}

TEST_F(ShutdownTest, RunsOnce) {
  ASSERT_THAT(machine_.Advance(ServingState::kServing), IsOk());
  ASSERT_THAT(ShutDown(options_, Steps(), &machine_), IsOk());
  const size_t events = events_.size();
  EXPECT_THAT(ShutDown(options_, Steps(), &machine_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(events_.size(), events);
}

}  // namespace
}  // namespace lookbook
