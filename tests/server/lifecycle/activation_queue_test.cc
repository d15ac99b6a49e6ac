#include "server/lifecycle/activation_queue.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = BundleChoice::Kind;

class ActivationQueueTest : public ::testing::Test {
 protected:
  // Names of those who were told, in order.
  using Names = std::vector<std::string>;

  static BundleChoice Id(const std::string& id) { return {Kind::kId, id}; }

  // Asks in the name of `who`; returns who was replaced.
  Names Add(const std::string& who, const BundleChoice& choice, size_t root = 0) {
    std::vector<ActivationQueue::Done> replaced;
    EXPECT_THAT(queue_.Add({root, choice, ""}, Teller(who), &replaced), IsOk());
    return Tell(replaced);
  }
  ActivationQueue::Done Teller(const std::string& who) {
    return [this, who](const absl::StatusOr<Activated>&) { told_.push_back(who); };
  }
  Names Tell(const std::vector<ActivationQueue::Done>& waiters) {
    told_.clear();
    for (const auto& done : waiters) done(absl::CancelledError(""));
    return told_;
  }
  // "root:id" of what runs next.
  std::string Take() {
    const auto job = queue_.Take();
    return job ? absl::StrCat(job->root, ":", job->choice.id) : "none";
  }

  ActivationQueue queue_;
  Names told_;
};

TEST_F(ActivationQueueTest, OneRunsAtATimeOverAllRoots) {
  Add("a", Id("x"), 0);
  Add("b", Id("y"), 1);
  EXPECT_EQ(Take(), "0:x");
  EXPECT_FALSE(queue_.HasWork());
  EXPECT_EQ(Take(), "none");
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("a"));
  EXPECT_TRUE(queue_.HasWork());
  EXPECT_EQ(Take(), "1:y");
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("b"));
  EXPECT_EQ(Take(), "none");
}

TEST_F(ActivationQueueTest, EqualRequestsShareOneActivation) {
  Add("a", Id("x"));
  Add("b", Id("x"));
  EXPECT_EQ(Take(), "0:x");
  EXPECT_THAT(Add("c", Id("x")), IsEmpty()) << "it is being done";
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("a", "b", "c"));
  EXPECT_EQ(Take(), "none");
}

TEST_F(ActivationQueueTest, TheLastRequestOfARootWins) {
  Add("a", Id("x"));
  EXPECT_EQ(Take(), "0:x");
  Add("b", Id("y"));
  Add("c", Id("y"));
  Add("other", Id("y"), 1);
  EXPECT_THAT(Add("d", Id("z")), ElementsAre("b", "c"));
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("a"));
  EXPECT_EQ(Take(), "0:z");
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("d"));
  EXPECT_EQ(Take(), "1:y") << "another root's request stays";
}

TEST_F(ActivationQueueTest, ARequestForWhatRunsDoesNotSkipWhatWaits) {
  Add("a", Id("x"));
  EXPECT_EQ(Take(), "0:x");
  Add("b", Id("y"));
  EXPECT_THAT(Add("c", Id("x")), ElementsAre("b")) << "the last wins";
  queue_.Finish();
  EXPECT_EQ(Take(), "0:x");
}

TEST_F(ActivationQueueTest, WhatCurrentNamesIsLookedAtAnew) {
  Add("a", {Kind::kCurrent, ""});
  EXPECT_EQ(Take(), "0:");
  for (const char* who : {"b", "c"}) Add(who, {Kind::kCurrent, ""});
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("a"));
  EXPECT_EQ(Take(), "0:") << "CURRENT may have changed since the first one read it";
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("b", "c"));
}

TEST_F(ActivationQueueTest, TwoWhoRollBackGoBackOnce) {
  Add("a", {Kind::kPrevious, ""});
  EXPECT_EQ(Take(), "0:");
  Add("b", {Kind::kPrevious, ""});
  EXPECT_THAT(Tell(queue_.Finish()), ElementsAre("a", "b"));
  EXPECT_EQ(Take(), "none");
}

TEST_F(ActivationQueueTest, AStormHasAnEnd) {
  std::vector<ActivationQueue::Done> replaced;
  for (size_t i = 0; i < ActivationQueue::kMaxWaiters; ++i) Add("a", Id("x"), i % 3);
  EXPECT_THAT(queue_.Add({0, Id("x"), ""}, Teller("late"), &replaced),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted), HasReason("queue_full")));
  EXPECT_THAT(queue_.Add({0, Id("x"), ""}, nullptr, &replaced), IsOk()) << "nobody waits for it";
  EXPECT_THAT(replaced, IsEmpty());
  EXPECT_EQ(queue_.TakeWaiters().size(), ActivationQueue::kMaxWaiters);
}

TEST_F(ActivationQueueTest, EverybodyIsToldAtTheEnd) {
  Add("a", Id("x"));
  EXPECT_EQ(Take(), "0:x");
  Add("b", Id("y"));
  Add("c", Id("y"), 1);
  EXPECT_THAT(Tell(queue_.TakeWaiters()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Tell(queue_.Finish()), IsEmpty()) << "nobody is told twice";
  EXPECT_EQ(Take(), "none");
}

}  // namespace
}  // namespace lookbook
