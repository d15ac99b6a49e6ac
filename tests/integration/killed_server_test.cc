// lookbook-server killed (by an operator, or for want of memory) while it takes a new bundle: what
// it leaves starts again.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/bundle/verify.h"
#include "lookbook/v1/admin.grpc.pb.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/program_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

class KilledServerTest : public ::testing::Test {
 protected:
  std::string Root() const { return directory_ / "bundles"; }

  // The port of its AdminService.
  int Start() {
    server_ = std::make_unique<ProgramRun>(
        LOOKBOOK_SERVER,
        std::vector<std::string>{"--bundles", absl::StrCat("default=", Root()), "--listen.data",
                                 "127.0.0.1:0", "--listen.admin", "127.0.0.1:0", "--metrics.listen",
                                 "off", "--log.level", "error", "--batch.max-size", "1"},
        directory_ / "log");
    int data = 0, admin = 0;
    EXPECT_EQ(std::sscanf(server_->ReadLine().c_str(),
                          "serving on 127.0.0.1:%d, admin on 127.0.0.1:%d", &data, &admin),
              2)
        << server_->Errors();
    return admin;
  }

  TempDir directory_;
  absl::StatusOr<TestBundle> first_ = WriteTestBundle(directory_ / "bundles");
  std::unique_ptr<ProgramRun> server_;
};

TEST_F(KilledServerTest, WhatItLeavesStartsAgain) {
  ASSERT_THAT(first_, IsOk());
  TestBundleOptions options;
  options.activate = false;
  options.created += absl::Hours(1);
  const auto second = WriteTestBundle(Root(), options);
  ASSERT_THAT(second, IsOk());
  int admin = Start();
  for (const int milliseconds : {0, 50, 400, 1500}) {
    const std::string live = ReadCurrent(Root())->bundle_id;
    const std::string next = live == first_->id ? second->id : first_->id;
    auto activating = std::async(std::launch::async, [&next, admin] {
      const auto stub = v1::AdminService::NewStub(ChannelTo(admin));
      grpc::ClientContext context;
      v1::ActivateBundleRequest request;
      v1::ActivateBundleResponse response;
      request.set_bundle_id(next);
      return stub->ActivateBundle(&context, request, &response);
    });
    absl::SleepFor(absl::Milliseconds(milliseconds));  // Any moment is a good one.
    server_->Signal(SIGKILL);
    EXPECT_EQ(server_->Wait(), 1000 + SIGKILL);
    activating.wait();
    EXPECT_THAT(VerifyCurrentBundle(Root()), IsOk());
    admin = Start();
  }
}

}  // namespace
}  // namespace lookbook
