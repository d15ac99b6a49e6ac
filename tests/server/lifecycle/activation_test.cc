#include "server/lifecycle/activation.h"

#include "tests/server/lifecycle/activation_fixture.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = BundleChoice::Kind;

class ActivationTest : public ActivationFixture {
 protected:
  absl::StatusOr<Activated> Do(const BundleChoice& choice) {
    return Activate(parts_, roots_[0], choice, [this] { return stopped_; });
  }
  absl::StatusOr<Activated> Do(const std::string& id) { return Do({Kind::kId, id}); }

  const std::string old_ = Publish(0);
  const std::string new_ = Publish(0, false);
  bool stopped_ = false;
};

TEST_F(ActivationTest, TheBundleIsCheckedOpenedNamedAndSwappedIn) {
  ASSERT_THAT(Do({Kind::kCurrent, ""}), IsOk());
  EXPECT_EQ(Live(0), old_);
  clock_.Advance(absl::Seconds(1));
  LB_ASSERT_OK_AND_ASSIGN(const Activated activated, Do(new_));
  EXPECT_EQ(activated.bundle_id, new_);
  EXPECT_EQ(activated.replaced_id, old_);
  EXPECT_TRUE(activated.changed);
  EXPECT_EQ(Live(0), new_);
  EXPECT_EQ(Current(0), new_);
  EXPECT_THAT(events(),
              ElementsAre("check " + old_, "open " + old_, "check " + new_, "open " + new_));
  EXPECT_EQ(Loads("first", "success"), 2);
}

TEST_F(ActivationTest, WhatIsLiveIsNotLoadedAgain) {
  ASSERT_THAT(Do(new_), IsOk());
  ASSERT_THAT(WriteCurrent(roots_[0].path, *ReadPrevious(roots_[0].path)), IsOk());
  ASSERT_EQ(Current(0), old_);
  LB_ASSERT_OK_AND_ASSIGN(const Activated activated, Do(new_));
  EXPECT_FALSE(activated.changed);
  EXPECT_EQ(activated.bundle_id, new_);
  EXPECT_EQ(Current(0), new_) << "it is named again";
  EXPECT_THAT(events(), ElementsAre("check " + new_, "open " + new_));
}

TEST_F(ActivationTest, RollingBackTwiceComesBack) {
  ASSERT_THAT(Do(new_), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(Activated activated, Do({Kind::kPrevious, ""}));
  EXPECT_EQ(activated.bundle_id, old_);
  EXPECT_EQ(Current(0), old_);
  LB_ASSERT_OK_AND_ASSIGN(activated, Do({Kind::kPrevious, ""}));
  EXPECT_EQ(activated.bundle_id, new_);
  EXPECT_EQ(Live(0), new_);
}

TEST_F(ActivationTest, AFailingCheckKeepsEverythingAndIsCounted) {
  ASSERT_THAT(Do(old_), IsOk());
  check_ = WithReason(absl::DataLossError("model.ts: cut"), "checksum");
  EXPECT_THAT(Do(new_), AllOf(StatusIs(absl::StatusCode::kDataLoss, "bundle first: model.ts: cut"),
                              HasReason("checksum")));
  EXPECT_EQ(Live(0), old_);
  EXPECT_EQ(Current(0), old_);
  EXPECT_EQ(Loads("first", "checksum"), 1);
  EXPECT_THAT(events(), ElementsAre("check " + old_, "open " + old_, "check " + new_))
      << "it was not opened here";
}

TEST_F(ActivationTest, SoDoesABundleThatDoesNotOpen) {
  ASSERT_THAT(Do(old_), IsOk());
  open_ = WithReason(absl::DataLossError("golden case 3"), "golden");
  EXPECT_THAT(Do(new_), AllOf(StatusIs(absl::StatusCode::kDataLoss, HasSubstr("golden case 3")),
                              HasReason("golden")));
  EXPECT_EQ(Live(0), old_);
  EXPECT_EQ(Current(0), old_);
  EXPECT_EQ(Loads("first", "golden"), 1) << "once";
}

TEST_F(ActivationTest, ThereMustBeMemoryForASecondOne) {
  ASSERT_THAT(Do(old_), IsOk());
  memory_room_ = 1000;
  EXPECT_THAT(Do(new_), AllOf(StatusIs(absl::StatusCode::kResourceExhausted,
                                       HasSubstr("and 0 MiB are available")),
                              HasReason("memory")));
  EXPECT_EQ(Live(0), old_);
  EXPECT_EQ(Loads("first", "memory"), 1);
  EXPECT_THAT(events(), ElementsAre("check " + old_, "open " + old_)) << "it was not even checked";
}

TEST_F(ActivationTest, WhatIsNotThereIsNoLoad) {
  EXPECT_THAT(Do("20261123T101500Z-000000000000"), HasReason("unknown_bundle_id"));
  EXPECT_THAT(Do("latest"), HasReason("bad_bundle_id"));
  EXPECT_THAT(Do({Kind::kPrevious, ""}), HasReason("no_previous"));
  for (const char* result : {"success", "manifest", "io", "other"}) {
    EXPECT_EQ(Loads("first", result), 0) << result;
  }
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(ActivationTest, ACurrentThatNamesNothingIsCounted) {
  ASSERT_THAT(WriteFile(JoinPath(roots_[0].path, kCurrentFile), "nonsense\n"), IsOk());
  EXPECT_THAT(Do({Kind::kCurrent, ""}), HasReason("manifest"));
  EXPECT_EQ(Loads("first", "manifest"), 1);
}

// A publisher that is quicker than the load must not lose its CURRENT to it.
TEST_F(ActivationTest, WhoChangesCurrentWhileItsBundleLoadsWins) {
  std::string newest;
  while_opening_ = [&] {
    if (newest.empty()) newest = Publish(0);
  };
  LB_ASSERT_OK_AND_ASSIGN(const Activated activated, Do({Kind::kCurrent, ""}));
  EXPECT_EQ(activated.bundle_id, old_);
  EXPECT_EQ(Current(0), newest);
}

TEST_F(ActivationTest, AStopIsSeenBetweenTheSteps) {
  stopped_ = true;
  EXPECT_THAT(Do(new_), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(Live(0), "");
  EXPECT_EQ(Loads("first", "other"), 0);
}

TEST_F(ActivationTest, TheReplacedBundleIsDestroyedOnceItsLastQueryIsAnswered) {
  ASSERT_THAT(Do(old_), IsOk());
  std::weak_ptr<const Bundle> gone = roots_[0].pipeline->bundle();
  auto query = roots_[0].pipeline->bundle();
  ASSERT_THAT(Do(new_), IsOk());
  EXPECT_EQ(metrics_.bundle("first").retiring.Value(), 1);
  query.reset();
  ASSERT_TRUE(retirement_.AwaitFewerThan(1, [] { return false; }));
  EXPECT_TRUE(gone.expired());
}

}  // namespace
}  // namespace lookbook
