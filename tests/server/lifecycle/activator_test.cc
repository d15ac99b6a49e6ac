#include "server/lifecycle/activator.h"

#include <future>
#include <thread>

#include "tests/server/lifecycle/activation_fixture.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = BundleChoice::Kind;
using Result = absl::StatusOr<Activated>;

class ActivatorTest : public ActivationFixture {
 protected:
  void Start(const ActivatorOptions& options = {}) {
    activator_ = std::make_unique<Activator>(options, parts_, roots_);
  }
  std::future<Result> Ask(const BundleChoice& choice, size_t root = 0) {
    auto promise = std::make_shared<std::promise<Result>>();
    activator_->Request(root, choice, [promise](Result result) { promise->set_value(result); });
    return promise->get_future();
  }
  // Opening a bundle takes until Release().
  void Hold() {
    while_opening_ = [this] {
      held_.set_value();
      release_.get_future().wait();
      while_opening_ = nullptr;
    };
  }
  void AwaitHeld() { held_.get_future().wait(); }
  void Release() { release_.set_value(); }
  std::promise<void> held_, release_;
  std::unique_ptr<Activator> activator_;
};

TEST_F(ActivatorTest, ActivatesAndTellsOnItsOwnThread) {
  const std::string id = Publish(0), other = Publish(1, false);
  Start();
  EXPECT_EQ(Ask({Kind::kCurrent, ""}).get()->bundle_id, id);
  EXPECT_EQ(Ask({Kind::kId, other}, 1).get()->bundle_id, other);
  EXPECT_EQ(Live(0), id);
  EXPECT_EQ(Live(1), other);
}

TEST_F(ActivatorTest, AHundredReloadsLoadOnce) {
  const std::string id = Publish(0);
  Start();
  Hold();
  std::vector<std::future<Result>> results;
  results.push_back(Ask({Kind::kCurrent, ""}));
  AwaitHeld();
  for (int i = 0; i < 99; ++i) results.push_back(Ask({Kind::kCurrent, ""}));
  Release();
  for (auto& result : results) EXPECT_EQ(result.get()->bundle_id, id);
  EXPECT_THAT(events(), ElementsAre("check " + id, "open " + id));
}

TEST_F(ActivatorTest, TheLastRequestWinsAndTheOthersAreTold) {
  const std::string first = Publish(0), second = Publish(0), third = Publish(0);
  Start();
  Hold();
  auto running = Ask({Kind::kId, first});
  AwaitHeld();
  auto replaced = Ask({Kind::kId, second});
  auto last = Ask({Kind::kId, third});
  EXPECT_THAT(replaced.get(), HasReason("superseded")) << "at once";
  Release();
  EXPECT_EQ(running.get()->bundle_id, first);
  EXPECT_EQ(last.get()->bundle_id, third);
  EXPECT_EQ(Live(0), third);
}

TEST_F(ActivatorTest, AStopTellsThoseWhoWaitAndEndsTheThread) {
  const std::string id = Publish(0);
  Start();
  Hold();
  auto running = Ask({Kind::kId, id});
  AwaitHeld();
  auto waiting = Ask({Kind::kCurrent, ""});
  activator_->BeginStop();
  EXPECT_THAT(running.get(), HasReason("draining")) << "while it is still held";
  EXPECT_THAT(waiting.get(), HasReason("draining"));
  EXPECT_THAT(Ask({Kind::kCurrent, ""}).get(), HasReason("draining"));
  Release();
  activator_->Stop();
  activator_->Stop();
}

TEST_F(ActivatorTest, ErrandsRunBetweenActivationsAndChangeTheLoader) {
  const std::string id = Publish(0);
  const BundleLoader other(
      [](const std::string&,
         const BundleOptions&) -> absl::StatusOr<std::shared_ptr<const Bundle>> {
        return absl::DataLossError("the other loader");
      },
      {}, &metrics_, &clock_);
  Start();
  EXPECT_THAT(activator_->RunBetween(&other, [] { return absl::NotFoundError("as it says"); }),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Ask({Kind::kId, id}).get(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the other loader")));
  activator_->Stop();
  EXPECT_THAT(activator_->RunBetween(&loader_, [] { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kCancelled));
}

class WatchTest : public ActivatorTest {
 protected:
  void Watch() { Start({.watch = true, .poll_interval = kInterval}); }
  // Lets the activator look once more, and do what follows from it: after each errand it takes one
  // job and, if it is time, looks.
  void Look() {
    clock_.Advance(kInterval);
    for (int i = 0; i < 5; ++i) {
      ASSERT_THAT(activator_->RunBetween(&loader_, [] { return absl::OkStatus(); }), IsOk());
    }
  }
  static constexpr absl::Duration kInterval = absl::Seconds(10);
};

TEST_F(WatchTest, WhatCurrentNamesNextIsActivated) {
  const std::string first = Publish(0), other = Publish(1);
  Watch();
  Look();
  EXPECT_EQ(Live(0), first);
  EXPECT_EQ(Live(1), other);
  const std::string second = Publish(0);
  Look();
  EXPECT_EQ(Live(0), second);
}

TEST_F(WatchTest, AFailedBundleIsNotTriedAtEveryLook) {
  const std::string first = Publish(0);
  Publish(1);
  Watch();
  Look();
  ASSERT_EQ(Live(0), first);
  check_ = WithReason(absl::DataLossError("bad"), "format");
  Publish(0);
  Look();
  Look();
  EXPECT_EQ(Loads("first", "format"), 1) << "the second look came 10 s after the first";
  EXPECT_EQ(Live(0), first);
  for (int i = 0; i < 3; ++i) Look();
  EXPECT_EQ(Loads("first", "format"), 2) << "half a minute later";
  check_ = absl::OkStatus();
  const std::string good = Publish(0);
  Look();
  EXPECT_EQ(Live(0), good);
}

TEST_F(WatchTest, WithoutItCurrentIsNotFollowed) {
  Publish(0);
  Start({.watch = false, .poll_interval = kInterval});
  Look();
  Look();
  EXPECT_EQ(Live(0), "");
}

}  // namespace
}  // namespace lookbook
