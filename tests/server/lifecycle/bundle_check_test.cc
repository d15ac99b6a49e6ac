// What the server makes of the ways in which a check can end; the program here is a shell script.
// server_main_test runs the real one.
#include "server/lifecycle/bundle_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

class BundleCheckTest : public ::testing::Test {
 protected:
  BundleCheckTest() {
    EXPECT_THAT(MakeDirectories(directory_ / "bundle"), IsOk());
    EXPECT_THAT(WriteFile(directory_ / "bundle/model.ts", std::string(1000, 'x')), IsOk());
  }

  absl::Status Check(const std::string& script, const std::function<bool()>& stopped = nullptr) {
    options_.program = directory_ / "checker";
    EXPECT_THAT(WriteFile(options_.program, absl::StrCat("#!/bin/sh\n", script, "\n")), IsOk());
    EXPECT_EQ(::chmod(options_.program.c_str(), 0755), 0);
    return RunBundleCheck(options_, directory_ / "bundle", stopped);
  }

  TempDir directory_;
  BundleCheckOptions options_;
};

TEST_F(BundleCheckTest, AGoodBundleIsGood) {
  EXPECT_THAT(Check("echo 20261123T101500Z-3f9a1c02b7de is good"), IsOk());
}

TEST_F(BundleCheckTest, ARefusalKeepsItsReasonAndMessage) {
  EXPECT_THAT(Check("echo noise; echo 'lookbook-server: model.ts: it (that file) is cut (check: "
                    "checksum)' >&2; exit 1"),
              AllOf(StatusIs(kDataLoss, "model.ts: it (that file) is cut"), HasReason("checksum")));
  EXPECT_THAT(Check("echo 'lookbook-server: it is not signed (check: signature)' >&2; exit 1"),
              AllOf(StatusIs(kDataLoss, "it is not signed"), HasReason("signature")));
  EXPECT_THAT(Check("echo 'lookbook-server: too large (check: memory)'; exit 1"),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted), HasReason("memory")));
  EXPECT_THAT(Check("echo 'lookbook-server: no such file (check: io)'; exit 1"),
              AllOf(StatusIs(absl::StatusCode::kUnavailable), HasReason("io")));
  EXPECT_THAT(Check("echo 'lookbook-server: what is this'; exit 1"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("what is this")));
}

TEST_F(BundleCheckTest, ACrashIsTheBundlesFault) {
  EXPECT_THAT(Check("kill -SEGV $$"),
              AllOf(StatusIs(kDataLoss, HasSubstr("signal 11")), HasReason("format")));
}

TEST_F(BundleCheckTest, ACheckThatNeverEndsIsEnded) {
  options_.time = absl::Milliseconds(100);
  EXPECT_THAT(Check("exec sleep 600"),
              AllOf(StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("100ms")),
                    HasReason("check_time")));
}

TEST_F(BundleCheckTest, AStoppedCheckIsCancelled) {
  EXPECT_THAT(Check("exec sleep 600", [] { return true; }), StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BundleCheckTest, AProgramThatKnowsNoChecksIsOurFault) {
  EXPECT_THAT(Check("echo no such flag; exit 2"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("no such flag")));
  options_.program = directory_ / "none";
  EXPECT_THAT(RunBundleCheck(options_, directory_ / "bundle", nullptr),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("cannot be started")));
}

TEST_F(BundleCheckTest, LimitsAndFolderArriveAndTheEnvironmentStaysOut) {
  ::setenv("LOOKBOOK_BATCH_MAX_SIZE", "99", 1);
  options_.max_batch = 5;
  const std::string said = directory_ / "said";
  ASSERT_THAT(Check(absl::StrCat("echo \"$*\" > ", said, "; env >> ", said)), IsOk());
  ::unsetenv("LOOKBOOK_BATCH_MAX_SIZE");
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(said));
  EXPECT_THAT(text,
              AllOf(HasSubstr(absl::StrCat("--check-bundle ", directory_ / "bundle")),
                    HasSubstr("--batch.max-size 5"), HasSubstr("--lifecycle.check-time 2m"),
                    HasSubstr(absl::StrCat("--lifecycle.check-memory ", DefaultCheckMemory(1000))),
                    Not(HasSubstr("LOOKBOOK_"))));
  EXPECT_THAT(text, Not(HasSubstr("signature"))) << "none is asked for";
  options_.memory_bytes = 12345;
  ASSERT_THAT(Check(absl::StrCat("echo \"$*\" > ", said)), IsOk());
  EXPECT_THAT(*ReadFile(said), HasSubstr("--lifecycle.check-memory 12345"));
  options_.public_keys = "/etc/keys.pem";
  ASSERT_THAT(Check(absl::StrCat("echo \"$*\" > ", said)), IsOk());
  EXPECT_THAT(*ReadFile(said), HasSubstr("--require-signature /etc/keys.pem"));
}

}  // namespace
}  // namespace lookbook
