#include "base/ed25519.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string FromHex(absl::string_view hex) { return absl::HexStringToBytes(hex); }

// A key's bytes in the form of RFC 8410, as PEM.
std::string Pem(absl::string_view kind, absl::string_view prefix_hex, absl::string_view key_hex) {
  return absl::StrCat("-----BEGIN ", kind, "-----\n",
                      absl::Base64Escape(FromHex(absl::StrCat(prefix_hex, key_hex))), "\n-----END ",
                      kind, "-----\n");
}
std::string PrivatePem(absl::string_view hex) {
  return Pem("PRIVATE KEY", "302e020100300506032b657004220420", hex);
}
std::string PublicPem(absl::string_view hex) {
  return Pem("PUBLIC KEY", "302a300506032b6570032100", hex);
}

bool Signed(const std::string& keys, absl::string_view message, absl::string_view signature) {
  const auto parsed = Ed25519Keys::Parse(keys);
  EXPECT_THAT(parsed, IsOk());
  return parsed.ok() && parsed->Signed(message, signature);
}

// RFC 8032, section 7.1, tests 1 and 3.
TEST(Ed25519Test, MatchesTheStandardsExamples) {
  struct Example {
    const char* private_key;
    const char* public_key;
    const char* message;
    const char* signature;
  };
  for (const Example& e :
       {Example{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc6"
                "1e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        Example{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae"
                "67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}}) {
    const std::string message = FromHex(e.message), signature = FromHex(e.signature);
    EXPECT_THAT(SignEd25519(PrivatePem(e.private_key), message), IsOkAndHolds(signature));
    EXPECT_TRUE(Signed(PublicPem(e.public_key), message, signature));
  }
}

TEST(Ed25519Test, AnyChangedBitOfMessageOrSignatureIsSeen) {
  const TestKey key = MakeTestKey();
  const std::string message = "manifest";
  LB_ASSERT_OK_AND_ASSIGN(const std::string signature, SignEd25519(key.private_pem, message));
  LB_ASSERT_OK_AND_ASSIGN(const Ed25519Keys keys, Ed25519Keys::Parse(key.public_pem));
  ASSERT_TRUE(keys.Signed(message, signature));
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(keys.Signed(message, changed)) << bit;
  }
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string changed = message;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(keys.Signed(changed, signature)) << bit;
  }
  EXPECT_FALSE(keys.Signed(message, signature.substr(1)));
  EXPECT_FALSE(keys.Signed(message, signature + "x"));
  EXPECT_FALSE(keys.Signed(message, ""));
}

TEST(Ed25519Test, AnyOfTheKeysMayHaveSigned) {
  const TestKey old_key = MakeTestKey(), new_key = MakeTestKey(), other = MakeTestKey();
  const std::string keys =
      absl::StrCat("# until March\n", old_key.public_pem, "\n# from March\n", new_key.public_pem);
  LB_ASSERT_OK_AND_ASSIGN(const Ed25519Keys parsed, Ed25519Keys::Parse(keys));
  EXPECT_EQ(parsed.size(), 2u);
  for (const TestKey* key : {&old_key, &new_key}) {
    EXPECT_TRUE(Signed(keys, "m", *SignEd25519(key->private_pem, "m")));
  }
  EXPECT_FALSE(Signed(keys, "m", *SignEd25519(other.private_pem, "m")));
}

TEST(Ed25519Test, WhatIsNoPublicKeyIsRefused) {
  const TestKey key = MakeTestKey();
  EXPECT_THAT(Ed25519Keys::Parse(""), StatusIs(kInvalid, HasSubstr("no public key")));
  EXPECT_THAT(Ed25519Keys::Parse("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"), StatusIs(kInvalid));
  EXPECT_THAT(Ed25519Keys::Parse(key.private_pem),
              StatusIs(kInvalid, HasSubstr("block \"PRIVATE KEY\"")));
  EXPECT_THAT(Ed25519Keys::Parse(key.public_pem + key.private_pem), StatusIs(kInvalid));
  EXPECT_THAT(Ed25519Keys::Parse(MakeTestKey("X25519").public_pem),
              StatusIs(kInvalid, HasSubstr("not Ed25519")));
  EXPECT_THAT(Ed25519Keys::Parse(key.public_pem.substr(0, key.public_pem.size() - 10)),
              StatusIs(kInvalid, HasSubstr("damaged")));
  EXPECT_THAT(Ed25519Keys::Parse(PublicPem("00")), StatusIs(kInvalid, HasSubstr("not Ed25519")));
}

TEST(Ed25519Test, KeysAreFew) {
  std::string keys;
  const std::string one = MakeTestKey().public_pem;
  for (size_t i = 0; i < Ed25519Keys::kMost; ++i) keys += one;
  EXPECT_THAT(Ed25519Keys::Parse(keys), IsOk());
  EXPECT_THAT(Ed25519Keys::Parse(keys + one), StatusIs(kInvalid, HasSubstr("more than 16")));
}

TEST(Ed25519Test, WhatIsNoPrivateKeySignsNothingAndIsNotTold) {
  const TestKey key = MakeTestKey();
  for (const std::string& pem :
       {std::string(), std::string("key"), key.public_pem, MakeTestKey("X25519").private_pem,
        WithPassword(key.private_pem), key.private_pem.substr(0, 60)}) {
    const auto signature = SignEd25519(pem, "m");
    EXPECT_THAT(signature, StatusIs(kInvalid, HasSubstr("Ed25519 private key"))) << pem;
    EXPECT_THAT(std::string(signature.status().message()), Not(HasSubstr("MC4C")));
  }
}

}  // namespace
}  // namespace lookbook
