#include "client/security_flags.h"

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kVariables[] = {"LOOKBOOK_CA", "LOOKBOOK_CERT", "LOOKBOOK_KEY", "TEST_TOKEN",
                                      "TEST_TOKEN_FILE"};

class SecurityFlagsTest : public ::testing::Test {
 protected:
  SecurityFlagsTest() {
    Clear();
    for (const char* name : {"ca", "cert", "key"}) Put(name, std::string("pem of ") + name);
    Put("token", "t-file\n");
  }
  ~SecurityFlagsTest() override { Clear(); }

  static void Clear() {
    for (const char* name : kVariables) ::unsetenv(name);
  }
  void Put(const std::string& name, const std::string& bytes) {
    ASSERT_THAT(WriteFile(directory_ / name, bytes), IsOk());
  }
  absl::StatusOr<ConnectionSecurity> Load(std::vector<std::string> arguments) {
    SecurityFlags flags;
    CLI::App app;
    AddSecurityFlags(app, flags, "TEST_TOKEN");
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return LoadSecurity(flags);
  }

  TempDir directory_;
};

TEST_F(SecurityFlagsTest, PlainTextWithoutATokenUnlessSaid) {
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity security, Load({}));
  EXPECT_FALSE(security.tls);
  EXPECT_EQ(security.token, "");
}

TEST_F(SecurityFlagsTest, FilesAreReadAndMeanTls) {
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity security,
                          Load({"--ca", directory_ / "ca", "--cert", directory_ / "cert", "--key",
                                directory_ / "key", "--token-file", directory_ / "token"}));
  EXPECT_TRUE(security.tls);
  EXPECT_EQ(security.ca, "pem of ca");
  EXPECT_EQ(security.certificate, "pem of cert");
  EXPECT_EQ(security.key, "pem of key");
  EXPECT_EQ(security.token, "t-file");
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity alone, Load({"--tls"}));
  EXPECT_TRUE(alone.tls);
}

TEST_F(SecurityFlagsTest, TheEnvironmentServesWhereThereIsNoFlag) {
  ::setenv("LOOKBOOK_CA", (directory_ / "ca").c_str(), 1);
  ::setenv("TEST_TOKEN", "t-environment", 1);
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity by_environment, Load({}));
  EXPECT_EQ(by_environment.ca, "pem of ca");
  EXPECT_EQ(by_environment.token, "t-environment");
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity by_flag,
                          Load({"--token-file", directory_ / "token"}));
  EXPECT_EQ(by_flag.token, "t-file");
  ::setenv("TEST_TOKEN_FILE", (directory_ / "token").c_str(), 1);
  LB_ASSERT_OK_AND_ASSIGN(const ConnectionSecurity by_file, Load({}));
  EXPECT_EQ(by_file.token, "t-file");
}

TEST_F(SecurityFlagsTest, WhatCannotBeReadIsNamedWithItsFlag) {
  EXPECT_THAT(Load({"--ca", directory_ / "none"}),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("--ca"), HasSubstr("none"))));
  Put("empty", "");
  EXPECT_THAT(Load({"--token-file", directory_ / "empty"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("--token-file"), HasSubstr("is empty"))));
  Put("blank", " \n");
  EXPECT_THAT(Load({"--token-file", directory_ / "blank"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("blank holds no token")));
  EXPECT_THAT(Load({"--cert", directory_ / "cert"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--cert and --key")));
}

}  // namespace
}  // namespace lookbook
