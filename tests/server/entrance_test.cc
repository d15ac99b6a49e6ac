// From configured files to what guards the ports.
#include "server/entrance.h"

#include <sys/stat.h>

#include "absl/time/clock.h"
#include "base/reason.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/server/security/secret_files.h"
#include "tests/server/security/test_certificates.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class EntranceTest : public ::testing::Test {
 protected:
  EntranceTest() {
    ConfigureLogging(LogLevel::kInfo, LogFormat::kText);
    Put(own_);
    PutFile(directory_ / "ca.pem", ca_.certificate(), 0644);
    PutFile(directory_ / "tokens", TokenLine("app", "t-app"));
    PutFile(directory_ / "admin_tokens", TokenLine("operator", "t-operator"));
  }

  void Put(const TestCertificate& own) {
    PutFile(directory_ / "own.pem", own.certificate, 0644);
    PutFile(directory_ / "own.key", own.key);
  }
  ServerConfig::Tls Tls() const {
    return {.certificate = directory_ / "own.pem", .key = directory_ / "own.key"};
  }
  absl::StatusOr<std::unique_ptr<Entrance>> Open() { return Entrance::Open(config_, &metrics_); }
  // Refresh(), and what it logs.
  std::string Refresh(Entrance* entrance) {
    ::testing::internal::CaptureStderr();
    entrance->Refresh();
    return ::testing::internal::GetCapturedStderr();
  }
  std::string OpenLog() {
    ::testing::internal::CaptureStderr();
    EXPECT_THAT(Open(), IsOk());
    return ::testing::internal::GetCapturedStderr();
  }
  static absl::StatusOr<std::string> Identify(const CallEnvironment& guarded,
                                              absl::string_view authorization) {
    Presented presented;
    presented.authorization = {authorization};
    presented.peer = "ipv4:127.0.0.1:1";
    return guarded.authenticator->Identify(presented);
  }

  TempDir directory_;
  const TestCa ca_;
  const TestCertificate own_ = ca_.Issue();
  ServerConfig config_ = DefaultServerConfig(1);
  ServerMetrics metrics_{{"default"}};
};

TEST_F(EntranceTest, WithoutFilesTheDoorsAreOpen) {
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  EXPECT_EQ(entrance->data_credentials(), nullptr);
  EXPECT_EQ(entrance->admin_credentials(), nullptr);
  EXPECT_EQ(entrance->GuardData({}).rates, nullptr);
  EXPECT_THAT(Identify(entrance->GuardData({}), ""),
              IsOkAndHolds(std::string("address:127.0.0.1")));
  EXPECT_THAT(Identify(entrance->GuardAdmin({}), ""), IsOk());
  EXPECT_THAT(metrics_.Scrape(), HasSubstr("lookbook_certificate_expiry_timestamp_seconds 0"));
}

TEST_F(EntranceTest, EachPortHasItsTokensAndOnlyDataHasRates) {
  config_.auth = {directory_ / "tokens", directory_ / "admin_tokens"};
  config_.rate.bytes_per_second = 1;
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  const CallEnvironment data = entrance->GuardData({}), admin = entrance->GuardAdmin({});
  EXPECT_THAT(Identify(data, "Bearer t-app"), IsOkAndHolds(std::string("token:app")));
  EXPECT_THAT(Identify(data, "Bearer t-operator"), HasReason("wrong_port"));
  EXPECT_THAT(Identify(admin, "Bearer t-operator"), IsOkAndHolds(std::string("token:operator")));
  EXPECT_THAT(Identify(admin, "Bearer t-app"), HasReason("wrong_port"));
  EXPECT_NE(data.rates, nullptr);
  EXPECT_EQ(admin.rates, nullptr);
}

TEST_F(EntranceTest, WhatCannotBeUsedIsNamedAndNothingOpens) {
  const TestCertificate expired = ca_.Issue({.begins = -absl::Hours(2), .ends = -absl::Hours(1)});
  PutFile(directory_ / "expired.pem", expired.certificate, 0644);
  PutFile(directory_ / "expired.key", expired.key);
  PutFile(directory_ / "open.key", own_.key, 0644);
  ASSERT_EQ(::mkfifo((directory_ / "pipe").c_str(), 0600), 0);
  PutFile(directory_ / "open_tokens", TokenLine("app", "x"), 0644);
  PutFile(directory_ / "no_tokens", "app plain-token\n");
  struct Case {
    ServerConfig::Tls tls;
    ServerConfig::Auth auth;
    std::vector<std::string> said;
  };
  const std::string own = directory_ / "own.pem", key = directory_ / "own.key";
  const std::vector<Case> cases = {
      {{directory_ / "none.pem", key}, {}, {"tls", "none.pem"}},
      {{own, directory_ / "none.key"}, {}, {"tls", "none.key"}},
      {{directory_ / "pipe", key}, {}, {"tls.certificate", "pipe", "no regular file"}},
      {{own, key, directory_ / "pipe"}, {}, {"client CA", "pipe", "no regular file"}},
      {{own, directory_ / "expired.key"}, {}, {own, "expired.key", "not that of the certificate"}},
      {{directory_ / "expired.pem", directory_ / "expired.key"}, {}, {"expired.pem", "expired at"}},
      {{own, directory_ / "open.key"}, {}, {"open.key", "mode 0644"}},
      {{own, key, directory_ / "no_tokens"}, {}, {"no_tokens", "no PEM certificate of a CA"}},
      {{own, key, "", directory_ / "none"}, {}, {"tls", "none"}},
      {{}, {directory_ / "none"}, {"auth.tokens_file", "none"}},
      {{}, {directory_ / "open_tokens"}, {"auth.tokens_file", "open_tokens", "mode 0644"}},
      {{}, {"", directory_ / "no_tokens"}, {"auth.admin_tokens_file", "no_tokens:1: not NAME"}},
  };
  for (const Case& bad : cases) {
    config_.tls = bad.tls;
    config_.auth = bad.auth;
    const auto opened = Open();
    ASSERT_FALSE(opened.ok()) << bad.said[1];
    const std::string message(opened.status().message());
    for (const std::string& said : bad.said) EXPECT_THAT(message, HasSubstr(said));
    EXPECT_THAT(message, Not(HasSubstr("plain-token")));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
}

TEST_F(EntranceTest, AnotherCertificateIsInForceAndItsEndIsShown) {
  config_.tls = Tls();
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  EXPECT_NE(entrance->data_credentials(), nullptr);
  EXPECT_NE(entrance->admin_credentials(), nullptr);
  EXPECT_EQ(Refresh(entrance.get()), "") << "nothing has changed";
  Put(ca_.Issue({.ends = absl::Hours(100)}));
  const double before = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("in force file=certificate"));
  const auto scraped = ParseScrape(metrics_.Scrape());
  EXPECT_NEAR(scraped.at("lookbook_certificate_expiry_timestamp_seconds").samples[0].value,
              before + 100 * 3600, 600);
  EXPECT_THAT(
      metrics_.Scrape(),
      HasSubstr("lookbook_secret_reloads_total{file=\"certificate\",result=\"success\"} 1"));
}

TEST_F(EntranceTest, HalfAPairAnExpiredOneAndOpenPermissionsAreRefusedAndSaidOnce) {
  config_.tls = Tls();
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  const TestCertificate next = ca_.Issue();
  PutFile(directory_ / "own.pem", next.certificate, 0644);
  EXPECT_THAT(Refresh(entrance.get()),
              AllOf(HasSubstr("WARN"), HasSubstr("not that of the certificate")));
  EXPECT_EQ(Refresh(entrance.get()), "");
  PutFile(directory_ / "own.key", next.key, 0644);
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("mode 0644"));
  PutFile(directory_ / "own.key", next.key);
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("in force"));
  Put(ca_.Issue({.begins = -absl::Hours(2), .ends = -absl::Hours(1)}));
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("expired at"));
  EXPECT_THAT(
      metrics_.Scrape(),
      HasSubstr("lookbook_secret_reloads_total{file=\"certificate\",result=\"failure\"} 3"));
}

TEST_F(EntranceTest, TokensComeAndGo) {
  config_.auth.tokens_file = directory_ / "tokens";
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  const CallEnvironment data = entrance->GuardData({});
  PutFile(directory_ / "tokens", TokenLine("batch", "t-batch"));
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("in force file=tokens"));
  EXPECT_THAT(Identify(data, "Bearer t-app"), HasReason("wrong_token"));
  EXPECT_THAT(Identify(data, "Bearer t-batch"), IsOk());
  PutFile(directory_ / "tokens", "");
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("no token"));
  EXPECT_THAT(Identify(data, "Bearer t-batch"), IsOk()) << "an empty file locks nobody out";
}

TEST_F(EntranceTest, ThePortsMayTrustDifferentCas) {
  const TestCa operators("operators");
  PutFile(directory_ / "operators.pem", operators.certificate(), 0644);
  config_.tls = Tls();
  config_.tls.client_ca = directory_ / "ca.pem";
  config_.tls.admin_client_ca = directory_ / "operators.pem";
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  PutFile(directory_ / "operators.pem", ca_.certificate(), 0644);
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("in force file=admin_certificate"));
}

TEST_F(EntranceTest, AnEmptiedCaFileOpensNoDoor) {
  config_.tls = Tls();
  config_.tls.client_ca = directory_ / "ca.pem";
  LB_ASSERT_OK_AND_ASSIGN(const auto entrance, Open());
  PutFile(directory_ / "ca.pem", "", 0644);
  EXPECT_THAT(Refresh(entrance.get()), HasSubstr("no PEM certificate of a CA"));
}

TEST_F(EntranceTest, WhatIsRarelyMeantIsSaid) {
  config_.listen.data = config_.listen.admin = "127.0.0.1:0";
  config_.auth.tokens_file = directory_ / "tokens";
  EXPECT_EQ(OpenLog(), "");
  config_.listen.data = "0.0.0.0:0";
  EXPECT_THAT(OpenLog(), HasSubstr("plain text"));
  config_.tls = Tls();
  EXPECT_EQ(OpenLog(), "");
  config_.listen.admin = "0.0.0.0:0";
  EXPECT_THAT(OpenLog(), HasSubstr("who reaches the admin port"));
  config_.auth.admin_tokens_file = directory_ / "admin_tokens";
  EXPECT_EQ(OpenLog(), "");
  config_.auth.admin_tokens_file = "";
  config_.tls.admin_client_ca = directory_ / "ca.pem";
  EXPECT_EQ(OpenLog(), "");
  config_.tls = {};
  config_.auth = {"", directory_ / "admin_tokens"};
  EXPECT_THAT(OpenLog(), AllOf(HasSubstr("plain text"), HasSubstr("listen.admin=0.0.0.0:0")));
  config_.listen.admin = "off";
  EXPECT_EQ(OpenLog(), "");
}

}  // namespace
}  // namespace lookbook
