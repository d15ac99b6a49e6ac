#include "server/security/authenticator.h"

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

Authenticator::Tokens Tokens(const std::string& name, const std::string& token) {
  const auto set =
      std::make_shared<const TokenSet>(std::vector<TokenSet::Entry>{{name, Sha256Hex(token)}});
  return [set] { return set; };
}

Presented Bearing(absl::string_view authorization) {
  Presented presented;
  presented.authorization = {authorization};
  presented.certificate = "client.example";
  presented.peer = "ipv4:192.0.2.1:41234";
  return presented;
}

class AuthenticatorTest : public ::testing::Test {
 protected:
  const Authenticator guarded_{Tokens("app", "t-app"), Tokens("operator", "t-operator")};
  const Authenticator open_{nullptr, Tokens("operator", "t-operator")};
};

TEST_F(AuthenticatorTest, AKnownTokenIsItsClient) {
  for (const char* value : {"Bearer t-app", "bearer t-app", "BEARER  t-app "}) {
    LB_ASSERT_OK_AND_ASSIGN(const std::string name, guarded_.Identify(Bearing(value)));
    EXPECT_EQ(name, "token:app") << value;
  }
}

TEST_F(AuthenticatorTest, WithoutATokenNobodyComesIn) {
  EXPECT_THAT(guarded_.Identify({}), AllOf(StatusIs(kUnauthenticated), HasReason("no_token")));
  for (const char* value : {"", "t-app", "Basic t-app", "Bearert-app", "Bearer"}) {
    EXPECT_THAT(guarded_.Identify(Bearing(value)),
                AllOf(StatusIs(kUnauthenticated), HasReason("no_token")))
        << value;
  }
}

TEST_F(AuthenticatorTest, AnotherTokenIsRefusedAndNotQuoted) {
  for (const char* value : {"Bearer ", "Bearer t-ap", "Bearer t-app2", "Bearer T-APP"}) {
    EXPECT_THAT(guarded_.Identify(Bearing(value)),
                AllOf(StatusIs(kUnauthenticated, Not(HasSubstr("t-ap"))), HasReason("wrong_token")))
        << value;
  }
}

TEST_F(AuthenticatorTest, ATokenOfTheOtherPortIsNotEnough) {
  EXPECT_THAT(guarded_.Identify(Bearing("Bearer t-operator")),
              AllOf(StatusIs(kDenied), HasReason("wrong_port")));
}

TEST_F(AuthenticatorTest, TwoTokensAreNone) {
  Presented presented = Bearing("Bearer t-app");
  presented.authorization.push_back("Bearer t-app");
  EXPECT_THAT(guarded_.Identify(presented),
              AllOf(StatusIs(kUnauthenticated), HasReason("wrong_token")));
}

TEST_F(AuthenticatorTest, TokensThatChangeCountAtOnce) {
  auto set =
      std::make_shared<const TokenSet>(std::vector<TokenSet::Entry>{{"app", Sha256Hex("old")}});
  const Authenticator changing([&] { return set; }, nullptr);
  EXPECT_THAT(changing.Identify(Bearing("Bearer old")), IsOk());
  set = std::make_shared<const TokenSet>(std::vector<TokenSet::Entry>{{"app", Sha256Hex("new")}});
  EXPECT_THAT(changing.Identify(Bearing("Bearer old")), StatusIs(kUnauthenticated));
  EXPECT_THAT(changing.Identify(Bearing("Bearer new")), IsOk());
}

TEST_F(AuthenticatorTest, WhereNoTokenIsAskedForTheCertificateOrTheAddressIsTheName) {
  Presented presented = Bearing("Bearer whatever");
  LB_ASSERT_OK_AND_ASSIGN(const std::string by_certificate, open_.Identify(presented));
  EXPECT_EQ(by_certificate, "certificate:client.example");
  presented.certificate.clear();
  LB_ASSERT_OK_AND_ASSIGN(const std::string by_address, open_.Identify(presented));
  EXPECT_EQ(by_address, "address:192.0.2.1");
}

TEST(HostOfTest, IsTheMachineWithoutThePort) {
  EXPECT_EQ(HostOf("ipv4:192.0.2.1:41234"), "192.0.2.1");
  EXPECT_EQ(HostOf("ipv4:192.0.2.1:1"), HostOf("ipv4:192.0.2.1:2"));
  EXPECT_EQ(HostOf("ipv6:%5B::1%5D:41234"), HostOf("ipv6:[::1]:9"));
  EXPECT_EQ(HostOf("ipv6:[::ffff:192.0.2.1]:5"), "192.0.2.1");
  EXPECT_EQ(HostOf("unix:/run/x"), "unix:/run/x");
}

TEST(HostOfTest, OneNetworkOfIpv6IsOneHost) {
  EXPECT_EQ(HostOf("ipv6:%5B2001:db8:1:2:a::1%5D:1"), "2001:db8:1:2::/64");
  EXPECT_EQ(HostOf("ipv6:[2001:db8:1:2:ffff:b::2]:2"), "2001:db8:1:2::/64");
  EXPECT_NE(HostOf("ipv6:[2001:db8:1:3::1]:1"), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace lookbook
