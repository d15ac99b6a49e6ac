// lookbook-server killed (by an operator, or for want of memory) while it takes a new bundle: what
// it leaves starts again.
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "engine/bundle/verify.h"
#include "tests/support/real_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

class KilledServerTest : public ::testing::Test {
 protected:
  std::string Root() const { return directory_ / "bundles"; }

  void Start() {
    LB_ASSERT_OK_AND_ASSIGN(
        server_,
        RealServer::Start(LOOKBOOK_SERVER, Root(),
                          {"--log.level", "error", "--batch.max-size", "1"}, directory_ / "log"));
  }

  TempDir directory_;
  absl::StatusOr<TestBundle> first_ = WriteTestBundle(directory_ / "bundles");
  std::unique_ptr<RealServer> server_;
};

TEST_F(KilledServerTest, WhatItLeavesStartsAgain) {
  ASSERT_THAT(first_, IsOk());
  TestBundleOptions options;
  options.activate = false;
  options.created += absl::Hours(1);
  const auto second = WriteTestBundle(Root(), options);
  ASSERT_THAT(second, IsOk());
  Start();
  for (const int milliseconds : {0, 50, 400, 1500}) {
    const std::string live = ReadCurrent(Root())->bundle_id;
    const std::string next = live == first_->id ? second->id : first_->id;
    auto activating =
        std::async(std::launch::async, [this, &next] { return server_->Activate(next); });
    absl::SleepFor(absl::Milliseconds(milliseconds));  // Any moment is a good one.
    server_->process().Signal(SIGKILL);
    EXPECT_EQ(server_->process().Wait(), 1000 + SIGKILL);
    activating.wait();
    EXPECT_THAT(VerifyCurrentBundle(Root()), IsOk());
    Start();
  }
}

}  // namespace
}  // namespace lookbook
