// proto/ against tests/compatibility/protos, the files that callers and bundles already have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/compatibility/proto_rules.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::IsEmpty;

class ReleasedProtosTest : public testing::Test {
 protected:
  void SetUp() override {
    LB_ASSERT_OK_AND_ASSIGN(released_, ProtoFiles::Read("tests/compatibility/protos"));
    LB_ASSERT_OK_AND_ASSIGN(present_, ProtoFiles::Read("proto"));
  }

  std::unique_ptr<ProtoFiles> released_, present_;
};

TEST_F(ReleasedProtosTest, WhoHasTheReleasedFilesCanGoOn) {
  EXPECT_THAT(released_->names(), testing::SizeIs(4));
  for (const std::string& name : released_->names()) {
    ASSERT_NE(present_->Find(name), nullptr) << name << " is gone";
    EXPECT_THAT(Incompatibilities(*released_->Find(name), *present_->Find(name)), IsEmpty())
        << name;
  }
}

// A reader refuses what it does not know, so a manifest with more in it is another format.
TEST_F(ReleasedProtosTest, TheManifestGainsNothingWithinItsFormatVersion) {
  const std::string name = "lookbook/bundle/v1/manifest.proto";
  ASSERT_NE(present_->Find(name), nullptr);
  EXPECT_THAT(Incompatibilities(*present_->Find(name), *released_->Find(name)), IsEmpty());
}

}  // namespace
}  // namespace lookbook
