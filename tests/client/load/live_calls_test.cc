#include "client/load/live_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace lookbook {
namespace {

TEST(LiveCallsTest, NothingIsAwaitedWhereNothingLives) {
  LiveCalls calls;
  calls.AwaitNone();
  { const LiveCalls::Token token(&calls); }
  calls.AwaitNone();
}

TEST(LiveCallsTest, TheLastOneToGoIsAwaited) {
  LiveCalls calls;
  std::optional<LiveCalls::Token> first(&calls), last(&calls);
  std::atomic<bool> gone = false;
  std::thread ends([&] {
    first.reset();
    gone = true;
    last.reset();
  });
  calls.AwaitNone();
  EXPECT_TRUE(gone);
  ends.join();
}

}  // namespace
}  // namespace lookbook
