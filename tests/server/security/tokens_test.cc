#include "server/security/tokens.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Line(const std::string& name, const std::string& token) {
  return absl::StrCat(name, " ", Sha256Hex(token), "\n");
}

TEST(TokensTest, ATokenIsKnownByItsDigest) {
  LB_ASSERT_OK_AND_ASSIGN(const TokenSet tokens,
                          ParseTokens(Line("app", "token-1") + Line("batch", "token-2"), "t"));
  EXPECT_EQ(tokens.size(), 2u);
  EXPECT_THAT(tokens.NameOf("token-1"), Optional(std::string("app")));
  EXPECT_THAT(tokens.NameOf("token-2"), Optional(std::string("batch")));
  for (const std::string& wrong : {std::string(), std::string("token-3"), std::string("token-1 "),
                                   Sha256Hex("token-1"), std::string(1 << 20, 'x')}) {
    EXPECT_EQ(tokens.NameOf(wrong), std::nullopt) << wrong.substr(0, 80);
  }
}

TEST(TokensTest, DigestsThatBeginAlikeAreTold) {
  std::string other = Sha256Hex("token-1");
  other.back() = other.back() == '0' ? '1' : '0';
  LB_ASSERT_OK_AND_ASSIGN(const TokenSet tokens, ParseTokens("app " + other, "t"));
  EXPECT_EQ(tokens.NameOf("token-1"), std::nullopt);
}

TEST(TokensTest, AClientMayHaveTwoTokensWhileOneIsReplaced) {
  LB_ASSERT_OK_AND_ASSIGN(const TokenSet tokens,
                          ParseTokens(Line("app", "old") + Line("app", "new"), "t"));
  EXPECT_THAT(tokens.NameOf("old"), Optional(std::string("app")));
  EXPECT_THAT(tokens.NameOf("new"), Optional(std::string("app")));
}

TEST(TokensTest, CommentsSpaceAndLargeDigitsDoNotMatter) {
  LB_ASSERT_OK_AND_ASSIGN(
      const TokenSet tokens,
      ParseTokens(absl::StrCat("# made on Monday\n\n  a.b-C_1@x \t",
                               absl::AsciiStrToUpper(Sha256Hex("token-1")), " \r\n"),
                  "t"));
  EXPECT_THAT(tokens.NameOf("token-1"), Optional(std::string("a.b-C_1@x")));
}

TEST(TokensTest, OtherLinesAreNamedByTheirNumberAndNotQuoted) {
  const std::string digest = Sha256Hex("x");
  for (const std::string& bad :
       {std::string("app plain-token"), "app:" + digest, digest, "app " + digest + " more",
        "app " + digest.substr(1), "app " + digest + "0", "a/b " + digest,
        std::string(65, 'n') + " " + digest, "app g" + digest.substr(1)}) {
    EXPECT_THAT(ParseTokens(Line("good", "y") + bad, "dir/tokens"),
                StatusIs(kInvalid, AllOf(HasSubstr("dir/tokens:2: not NAME"),
                                         Not(HasSubstr("plain-token")), Not(HasSubstr(digest)))))
        << bad;
  }
}

TEST(TokensTest, ATokenOfTwoIsRefused) {
  EXPECT_THAT(ParseTokens(Line("a", "x") + Line("b", "x"), "t"),
              StatusIs(kInvalid, HasSubstr("t:2: a token that stands above")));
}

TEST(TokensTest, AFileWithoutATokenIsRefused) {
  EXPECT_THAT(ParseTokens("", "t"), StatusIs(kInvalid, HasSubstr("no token")));
  EXPECT_THAT(ParseTokens("# nothing\n", "t"), StatusIs(kInvalid, HasSubstr("no token")));
}

TEST(TokensTest, AsManyAsAllowedAndNoMore) {
  std::string text;
  for (size_t i = 0; i < kMaxTokens; ++i) text += Line("c", absl::StrCat(i));
  EXPECT_THAT(ParseTokens(text, "t"), IsOk());
  EXPECT_THAT(ParseTokens(text + Line("c", "more"), "t"),
              StatusIs(kInvalid, HasSubstr("t:1001: more than 1000 tokens")));
}

}  // namespace
}  // namespace lookbook
