#include "server/security/secret_file.h"

#include <sys/stat.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SecretFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> ReadWithMode(mode_t mode) {
    EXPECT_THAT(WriteFile(path_, "secret words"), IsOk());
    EXPECT_EQ(::chmod(path_.c_str(), mode), 0);
    return ReadSecretFile(path_);
  }

  TempDir directory_;
  const std::string path_ = directory_ / "secret";
};

TEST_F(SecretFileTest, ItsOwnerAndItsGroupMayReadIt) {
  for (const mode_t mode : {0400, 0600, 0440, 0640, 0740}) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadWithMode(mode));
    EXPECT_EQ(text, "secret words");
  }
}

TEST_F(SecretFileTest, NobodyElseMay) {
  for (const mode_t mode : {0604, 0602, 0601, 0644, 0660, 0620, 0666}) {
    EXPECT_THAT(ReadWithMode(mode),
                StatusIs(absl::StatusCode::kPermissionDenied,
                         AllOf(HasSubstr(path_), HasSubstr("chmod"), Not(HasSubstr("words")))))
        << std::oct << mode;
  }
}

TEST_F(SecretFileTest, WhatIsNoFileIsNotRead) {
  ASSERT_THAT(ReadSecretFile(directory_.path()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no regular file")));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(ReadSecretFile(path_), StatusIs(absl::StatusCode::kFailedPrecondition))
      << "and nobody waits for who writes into it";
  EXPECT_THAT(ReadSecretFile(directory_ / "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST_F(SecretFileTest, NoMoreThanAMebibyte) {
  ASSERT_THAT(WriteFile(path_, std::string((1 << 20) + 1, 'x')), IsOk());
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_THAT(ReadSecretFile(path_), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace lookbook
