#include "base/sha256.h"

#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// FIPS 180-4's examples (NIST, "Examples with Intermediate Values").
constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kMillionA[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256Test, MatchesTheStandardsExamples) {
  EXPECT_EQ(Sha256Hex(""), kEmpty);
  EXPECT_EQ(Sha256Hex("abc"), kAbc);
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')), kMillionA);
}

TEST(Sha256Test, PiecesGiveTheSameAsTheWhole) {
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.Update(std::string(1000, 'a'));
  EXPECT_EQ(hash.HexDigest(), kMillionA);
}

TEST(Sha256Test, ReadsFilesLargerThanItsBuffer) {
  const std::string path = JoinPath(testing::TempDir(), "sha256_test_file");
  const std::string bytes((3 << 20) + 17, 'x');
  ASSERT_THAT(WriteFile(path, bytes), IsOk());
  EXPECT_THAT(Sha256OfFile(path), IsOkAndHolds(Sha256Hex(bytes)));
}

TEST(Sha256Test, NamesAFileThatIsMissingOrAFolder) {
  EXPECT_THAT(Sha256OfFile("/no/such/file"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/file")));
  EXPECT_THAT(Sha256OfFile(testing::TempDir()), ::testing::Not(IsOk()));
}

}  // namespace
}  // namespace lookbook
