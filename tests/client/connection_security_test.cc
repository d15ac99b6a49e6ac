#include "client/connection_security.h"

#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ConnectionSecurityTest, PlainTextAndTlsWithOrWithoutACertificate) {
  EXPECT_THAT(Validate(ConnectionSecurity{}), IsOk());
  EXPECT_THAT(Validate({.tls = true}), IsOk());
  EXPECT_THAT(Validate({.tls = true, .ca = "ca", .certificate = "c", .key = "k"}), IsOk());
  EXPECT_THAT(Validate({.token = "t"}), IsOk()) << "a proxy may add the TLS";
}

TEST(ConnectionSecurityTest, ACertificateAndItsKeyNeedEachOtherAndTls) {
  EXPECT_THAT(Validate({.tls = true, .certificate = "c"}), StatusIs(kInvalid));
  EXPECT_THAT(Validate({.tls = true, .key = "k"}), StatusIs(kInvalid));
  EXPECT_THAT(Validate({.ca = "ca"}), StatusIs(kInvalid, HasSubstr("with TLS")));
  EXPECT_THAT(Validate({.certificate = "c", .key = "k"}), StatusIs(kInvalid));
}

TEST(ConnectionSecurityTest, ATokenIsWhatAHeaderCarriesAndIsNotQuoted) {
  EXPECT_THAT(Validate({.token = std::string(4096, '~')}), IsOk());
  for (const std::string& bad : {std::string(4097, 'a'), std::string("secret words"),
                                 std::string("secret\n"), std::string("secr\xc3\xa9t")}) {
    EXPECT_THAT(Validate({.token = bad}), StatusIs(kInvalid, Not(HasSubstr("secr"))));
  }
}

}  // namespace
}  // namespace lookbook
