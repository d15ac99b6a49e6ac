#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/bundle/signature.h"
#include "models/commands/command_line.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;
};

Outcome RunTrainer(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"lookbook-train"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = ParseAndRun(static_cast<int>(argv.size()), argv.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.error = ::testing::internal::GetCapturedStderr();
  return outcome;
}

class SignatureCommandsTest : public ::testing::Test {
 protected:
  SignatureCommandsTest() {
    EXPECT_THAT(WriteFile(directory_ / "key.pem", key_.private_pem), IsOk());
    EXPECT_THAT(WriteFile(directory_ / "key.pub.pem", key_.public_pem), IsOk());
    EXPECT_THAT(WriteFile(directory_ / "other.pub.pem", MakeTestKey().public_pem), IsOk());
    EXPECT_THAT(bundle_, IsOk());
  }

  Outcome Sign(const std::string& path, const std::string& key = "key.pem") {
    return RunTrainer({"sign", path, "--key", directory_ / key});
  }
  Outcome Verify(const std::string& path, const std::string& key = "") {
    std::vector<std::string> arguments = {"verify", path};
    if (!key.empty()) arguments.insert(arguments.end(), {"--public-key", directory_ / key});
    return RunTrainer(arguments);
  }

  const TestKey key_ = MakeTestKey();
  TempDir directory_;
  const std::string root_ = directory_ / "bundles";
  absl::StatusOr<TestBundle> bundle_ = WriteTestBundleFiles(root_);
};

TEST_F(SignatureCommandsTest, WhatWasSignedIsVerified) {
  EXPECT_THAT(Verify(root_).out, HasSubstr("not signed"));
  for (const std::string& path : {root_, bundle_->directory}) {
    const Outcome outcome = Sign(path);
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_THAT(outcome.out, HasSubstr(bundle_->id));
  }
  for (const std::string& path : {root_, bundle_->directory}) {
    const Outcome outcome = Verify(path, "key.pub.pem");
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_THAT(outcome.out, HasSubstr(", signed\n"));
  }
  EXPECT_THAT(Verify(root_).out, HasSubstr("signature not checked"));
}

TEST_F(SignatureCommandsTest, WhatIsNotAsItWasSignedFails) {
  const Outcome is_unsigned = Verify(root_, "key.pub.pem");
  EXPECT_EQ(is_unsigned.code, 1);
  EXPECT_THAT(is_unsigned.error, HasSubstr("is not signed"));
  ASSERT_EQ(Sign(root_).code, 0);
  EXPECT_EQ(Verify(root_, "other.pub.pem").code, 1);
  ASSERT_THAT(WriteFile(JoinPath(bundle_->directory, "model.ts"), "changed"), IsOk());
  const Outcome changed = Verify(root_);
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.error, HasSubstr("model.ts"));
  EXPECT_EQ(Sign(root_).code, 1) << "nobody vouches for that";
}

TEST_F(SignatureCommandsTest, WrongKeysAndPathsAreNamed) {
  for (const char* key : {"none.pem", "key.pub.pem"}) {
    const Outcome outcome = Sign(root_, key);
    EXPECT_EQ(outcome.code, 2) << key;
    EXPECT_THAT(outcome.error, HasSubstr(key));
  }
  EXPECT_FALSE(PathExists(JoinPath(bundle_->directory, kSignatureFile)));
  EXPECT_EQ(Verify(directory_ / "nothing").code, 2);
  EXPECT_EQ(Sign(directory_ / "nothing").code, 2);
  EXPECT_EQ(Verify(root_, "none.pem").code, 2);
  EXPECT_EQ(RunTrainer({"verify", root_, "--public-key", ""}).code, 2);
  EXPECT_EQ(RunTrainer({"sign", root_}).code, 2);
}

}  // namespace
}  // namespace lookbook
