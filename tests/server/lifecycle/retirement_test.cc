#include "server/lifecycle/retirement.h"

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
constexpr absl::Time kStart = absl::UnixEpoch();

// Says on which thread it was destroyed.
std::shared_ptr<const void> Tracked(std::atomic<bool>* gone, std::thread::id* where) {
  return std::shared_ptr<const void>(new int(0), [=](const void* value) {
    delete static_cast<const int*>(value);
    *where = std::this_thread::get_id();
    *gone = true;
  });
}

TEST(RetiredBundlesTest, WaitsForTheLastUser) {
  RetiredBundles retired(absl::Minutes(1));
  auto used = std::make_shared<int>(1);
  retired.Add({"default", "id-1", used, kStart});
  retired.Add({"default", "id-2", std::make_shared<int>(2), kStart});
  const auto due = retired.TakeDue(kStart);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].id, "id-2");
  EXPECT_FALSE(due[0].given_up);
  EXPECT_THAT(retired.TakeDue(kStart + absl::Seconds(59)), IsEmpty());
  used.reset();
  EXPECT_THAT(retired.TakeDue(kStart + absl::Seconds(59)), SizeIs(1));
  EXPECT_EQ(retired.size(), 0u);
}

TEST(RetiredBundlesTest, DoesNotWaitForEver) {
  RetiredBundles retired(absl::Minutes(1));
  const auto used = std::make_shared<int>(1);
  retired.Add({"default", "id-1", used, kStart});
  const auto due = retired.TakeDue(kStart + absl::Minutes(1));
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_TRUE(due[0].given_up);
}

class RetirementTest : public ::testing::Test {
 protected:
  static bool Never() { return false; }
  ServerMetrics metrics_{{"default"}};
  ManualClock clock_;
};

TEST_F(RetirementTest, ABundleEndsOnAThreadOfItsOwn) {
  std::atomic<bool> gone = false;
  std::thread::id where;
  Retirement retirement(&metrics_, &clock_);
  auto bundle = Tracked(&gone, &where);
  retirement.Add("default", "id-1", bundle);
  EXPECT_EQ(metrics_.bundle("default").retiring.Value(), 1);
  EXPECT_FALSE(gone);
  bundle.reset();  // This is not the last hold on it.
  ASSERT_TRUE(retirement.AwaitFewerThan(1, Never));
  EXPECT_TRUE(gone);
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(metrics_.bundle("default").retiring.Value(), 0);
}

TEST_F(RetirementTest, WhoWaitsForRoomCanBeStopped) {
  Retirement retirement(&metrics_, &clock_);
  auto used = std::make_shared<int>(1);
  retirement.Add("default", "id-1", used);
  EXPECT_TRUE(retirement.AwaitFewerThan(2, Never));
  int asked = 0;
  EXPECT_FALSE(retirement.AwaitFewerThan(1, [&] { return ++asked == 2; }));
  used.reset();
}

TEST_F(RetirementTest, PatienceEndsByTheClock) {
  Retirement retirement(&metrics_, &clock_, absl::Minutes(1));
  const auto used = std::make_shared<int>(1);
  retirement.Add("default", "id-1", used);
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(retirement.AwaitFewerThan(1, Never));
  EXPECT_EQ(used.use_count(), 1) << "it let go";
}

TEST_F(RetirementTest, NothingToRetireIsNoBundle) {
  Retirement retirement(&metrics_, &clock_);
  retirement.Add("default", "", nullptr);
  EXPECT_EQ(metrics_.bundle("default").retiring.Value(), 0);
}

}  // namespace
}  // namespace lookbook
