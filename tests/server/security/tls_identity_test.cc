#include "server/security/tls_identity.h"

#include "absl/time/clock.h"
#include "tests/server/security/test_certificates.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class TlsIdentityTest : public ::testing::Test {
 protected:
  absl::StatusOr<TlsIdentity> Make(const TestCertificate& own) {
    return MakeTlsIdentity(own.certificate, own.key, std::nullopt, now_);
  }

  const TestCa ca_;
  const TestCertificate good_ = ca_.Issue();
  const absl::Time now_ = absl::Now();
};

TEST_F(TlsIdentityTest, HoldsWhatItWasMadeOfAndWhenItExpires) {
  LB_ASSERT_OK_AND_ASSIGN(const TlsIdentity made,
                          MakeTlsIdentity(good_.certificate, good_.key, ca_.certificate(), now_));
  EXPECT_EQ(made.certificate, good_.certificate);
  EXPECT_EQ(made.key, good_.key);
  EXPECT_EQ(made.client_ca, ca_.certificate());
  EXPECT_GT(made.expires, now_ + absl::Hours(23));
  EXPECT_LT(made.expires, now_ + absl::Hours(25));
}

TEST_F(TlsIdentityTest, AChainExpiresWithTheFirstOfItsCertificates) {
  const TestCertificate shorter = ca_.Issue({.ends = absl::Hours(2)});
  LB_ASSERT_OK_AND_ASSIGN(const TlsIdentity made,
                          Make({good_.certificate + shorter.certificate, good_.key}));
  EXPECT_LT(made.expires, now_ + absl::Hours(3));
}

TEST_F(TlsIdentityTest, AKeyOfAnotherCertificateIsRefused) {
  EXPECT_THAT(Make({good_.certificate, ca_.Issue().key}),
              StatusIs(kInvalid, HasSubstr("the key is not that of the certificate")));
}

TEST_F(TlsIdentityTest, CertificatesOutsideTheirTimeAreRefused) {
  EXPECT_THAT(Make(ca_.Issue({.begins = -absl::Hours(2), .ends = -absl::Hours(1)})),
              StatusIs(kInvalid, HasSubstr("expired at 20")));
  EXPECT_THAT(Make(ca_.Issue({.begins = absl::Hours(1)})),
              StatusIs(kInvalid, HasSubstr("not valid before 20")));
}

TEST_F(TlsIdentityTest, CasForClientsOfWhichNoneIsValidAreRefused) {
  const std::string past =
      ca_.Issue({.begins = -absl::Hours(2), .ends = -absl::Hours(1)}).certificate;
  const std::string future = ca_.Issue({.begins = absl::Hours(1)}).certificate;
  const auto trusting = [&](const std::string& authorities) {
    return MakeTlsIdentity(good_.certificate, good_.key, authorities, now_);
  };
  EXPECT_THAT(trusting(past), StatusIs(kInvalid, AllOf(HasSubstr("no CA for clients"),
                                                       HasSubstr("expired at 20"))));
  EXPECT_THAT(trusting(past + future), StatusIs(kInvalid, HasSubstr("not valid before 20")));
  EXPECT_THAT(trusting(past + ca_.certificate()), IsOk()) << "the other one is";
}

TEST_F(TlsIdentityTest, AWeakKeyIsRefusedHereAndNotAtTheFirstHandshake) {
  EXPECT_THAT(Make(ca_.Issue({.rsa_bits = 1024})), StatusIs(kInvalid, HasSubstr("too small")));
  EXPECT_THAT(Make(ca_.Issue({.rsa_bits = 2048})), IsOk());
}

TEST_F(TlsIdentityTest, AWeakKeyBetweenTheCertificateAndItsCaIsRefused) {
  EXPECT_THAT(Make({good_.certificate + ca_.Issue({.rsa_bits = 1024}).certificate, good_.key}),
              StatusIs(kInvalid, HasSubstr("too small")));
}

TEST_F(TlsIdentityTest, FilesWithoutWhatTheyShouldHoldAreRefusedAndNotQuoted) {
  const std::string half = good_.key.substr(0, good_.key.size() / 2);
  for (const std::string& bad : {std::string(), std::string("secret words"), half}) {
    EXPECT_THAT(Make({bad, good_.key}), StatusIs(kInvalid, HasSubstr("no PEM certificate"))) << bad;
    EXPECT_THAT(
        Make({good_.certificate, bad}),
        StatusIs(kInvalid, AllOf(HasSubstr("no PEM private key"), Not(HasSubstr("secret words")))))
        << bad;
    EXPECT_THAT(MakeTlsIdentity(good_.certificate, good_.key, bad, now_),
                StatusIs(kInvalid, HasSubstr("no PEM certificate of a CA")))
        << bad;
  }
}

TEST_F(TlsIdentityTest, AChainThatEndsInTheMidstOfACertificateIsRefused) {
  const std::string& next = ca_.certificate();
  EXPECT_THAT(Make({good_.certificate + next, good_.key}), IsOk());
  EXPECT_THAT(Make({good_.certificate + next.substr(0, next.size() / 2), good_.key}),
              StatusIs(kInvalid, HasSubstr("a broken one")));
}

TEST_F(TlsIdentityTest, NobodyIsAskedForAPassphrase) {
  EXPECT_THAT(Make({good_.certificate, EncryptKey(good_.key, "words")}),
              StatusIs(kInvalid, HasSubstr("without a passphrase")));
}

}  // namespace
}  // namespace lookbook
