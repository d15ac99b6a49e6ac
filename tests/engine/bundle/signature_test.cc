#include "engine/bundle/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/bundle/verify.h"
#include "tests/support/status_matchers.h"
#include "tests/support/syscall_tracer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle_files.h"
#include "tests/support/test_keys.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

// A published bundle without a signature, a pair of keys as files, and a key of somebody else.
class SignatureTest : public ::testing::Test {
 protected:
  SignatureTest() {
    Write("key.pem", key_.private_pem);
    Write("key.pub.pem", key_.public_pem);
    Write("other.pem", other_.private_pem);
    Write("other.pub.pem", other_.public_pem);
    auto bundle = WriteTestBundleFiles(root_.path());
    EXPECT_THAT(bundle, IsOk());
    bundle_ = *std::move(bundle);
  }

  void Write(const std::string& name, const std::string& text) {
    EXPECT_THAT(WriteFile(keys_ / name, text), IsOk());
  }
  std::string Path(const std::string& name) const { return JoinPath(bundle_.directory, name); }
  absl::Status Sign(const std::string& key = "key.pem") {
    return SignBundle(bundle_.directory, keys_ / key);
  }
  absl::Status Verify(const std::string& keys = "key.pub.pem") {
    const absl::Status by_current = VerifyCurrentBundle(root_.path(), keys_ / keys).status();
    const absl::Status by_folder = VerifyBundle(bundle_.directory, keys_ / keys).status();
    EXPECT_EQ(by_current.code(), by_folder.code()) << by_current << " and " << by_folder;
    return by_folder;
  }
  void ExpectRefused(const std::string& text, const std::string& keys = "key.pub.pem") {
    EXPECT_THAT(Verify(keys), AllOf(StatusIs(kDataLoss, HasSubstr(text)), HasReason("signature")));
  }

  const TestKey key_ = MakeTestKey(), other_ = MakeTestKey();
  TempDir root_{TempDir::kMemory};
  TempDir keys_{TempDir::kMemory};
  TestBundle bundle_;
};

TEST_F(SignatureTest, ASignedBundleIsGood) {
  ASSERT_THAT(Sign(), IsOk());
  EXPECT_THAT(Verify(), IsOk());
  EXPECT_THAT(FileSize(Path(kSignatureFile)), IsOkAndHolds(64u));
  EXPECT_THAT(VerifyBundle(bundle_.directory), IsOk()) << "and it is where none is asked for";
  LB_ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(root_.path()));
  EXPECT_EQ(names.size(), 2u) << "CURRENT and the bundle: nothing is left of the signing";
}

TEST_F(SignatureTest, ABundleWithoutOneIsRefusedWhereOneIsAskedFor) {
  ExpectRefused("is not signed");
  EXPECT_THAT(VerifyBundle(bundle_.directory), IsOk());
}

TEST_F(SignatureTest, AnotherKeyIsNoKey) {
  ASSERT_THAT(Sign("other.pem"), IsOk());
  ExpectRefused("by a key of " + keys_ / "key.pub.pem");
  EXPECT_THAT(Verify("other.pub.pem"), IsOk());
  ASSERT_THAT(Sign(), IsOk());
  EXPECT_THAT(Verify(), IsOk()) << "signing again replaces it";
}

TEST_F(SignatureTest, WhileKeysAreExchangedBothAreGood) {
  Write("both.pem", absl::StrCat(other_.public_pem, key_.public_pem));
  for (const char* key : {"key.pem", "other.pem"}) {
    ASSERT_THAT(Sign(key), IsOk());
    EXPECT_THAT(Verify("both.pem"), IsOk()) << key;
  }
}

TEST_F(SignatureTest, ADamagedOneIsRefused) {
  ASSERT_THAT(Sign(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(Path(kSignatureFile)));
  for (const std::string& bad : {std::string(), good.substr(1), good + "\n", std::string(64, '\0'),
                                 std::string(1 << 20, 'x')}) {
    ASSERT_THAT(WriteFile(Path(kSignatureFile), bad), IsOk());
    ExpectRefused(kSignatureFile);
  }
  std::filesystem::remove(Path(kSignatureFile));
  ASSERT_EQ(::mkfifo(Path(kSignatureFile).c_str(), 0600), 0);
  ExpectRefused(kSignatureFile);
}

// The signature is looked at first: of an unsigned manifest not even the syntax matters.
TEST_F(SignatureTest, AnythingElseIsReadOnlyOfASignedManifest) {
  ASSERT_THAT(Sign(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string good, ReadFile(Path(kManifestFile)));
  for (const std::string& bad : {std::string("{"), good + " ", std::string()}) {
    ASSERT_THAT(WriteFile(Path(kManifestFile), bad), IsOk());
    ExpectRefused(kSignatureFile);
    EXPECT_THAT(VerifyBundle(bundle_.directory), HasReason("manifest"));
  }
}

// Whoever can write into the root can mend every hash, but not the signature.
TEST_F(SignatureTest, ABundleMadeAnewIsRefusedWithTheOldSignature) {
  ASSERT_THAT(Sign(), IsOk());
  LB_ASSERT_OK_AND_ASSIGN(const std::string signature, ReadFile(Path(kSignatureFile)));
  TestBundleOptions options;
  options.recipe = "somebody else's";
  auto forged = WriteTestBundleFiles(root_.path(), options);
  ASSERT_THAT(forged, IsOk());
  bundle_ = *std::move(forged);
  ASSERT_THAT(WriteFile(Path(kSignatureFile), signature), IsOk());
  EXPECT_THAT(VerifyCurrentBundle(root_.path()), IsOk());
  ExpectRefused("no signature of manifest.json");
}

TEST_F(SignatureTest, FilesAreHeldAgainstTheSignedManifest) {
  ASSERT_THAT(Sign(), IsOk());
  ASSERT_THAT(WriteFile(Path("model.ts"), "another model, not the one that was signed"), IsOk());
  EXPECT_THAT(Verify(), HasReason("checksum"));
}

TEST_F(SignatureTest, WithoutKeysNothingIsGood) {
  ASSERT_THAT(Sign(), IsOk());
  Write("empty.pem", "");
  ExpectRefused("empty.pem holds no public key", "empty.pem");
  ExpectRefused("none.pem", "none.pem");
  ExpectRefused("PRIVATE KEY", "key.pem");
  EXPECT_THAT(ReadPublicKeys(keys_ / "none.pem"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ReadPublicKeys(keys_ / "empty.pem"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(SignatureTest, OnlyAWholeBundleIsSigned) {
  ASSERT_THAT(WriteFile(Path("model.ts"), "changed"), IsOk());
  EXPECT_THAT(Sign(), HasReason("checksum"));
  EXPECT_FALSE(PathExists(Path(kSignatureFile)));
}

TEST_F(SignatureTest, AKeyThatCannotSignIsNamed) {
  EXPECT_THAT(Sign("none.pem"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.pem")));
  EXPECT_THAT(Sign("key.pub.pem"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("key.pub.pem")));
}

TEST_F(SignatureTest, AManifestMayNotListIt) {
  LB_ASSERT_OK_AND_ASSIGN(auto writer, BundleWriter::Create(root_.path()));
  ASSERT_THAT(WriteFile(JoinPath(writer->directory(), kSignatureFile), "x"), IsOk());
  for (const auto& file : bundle_.manifest.files()) {
    std::filesystem::create_directories(JoinPath(writer->directory(), "golden"));
    std::filesystem::copy(Path(file.name()), JoinPath(writer->directory(), file.name()));
  }
  EXPECT_THAT(writer->Publish(bundle_.manifest, TestBundleOptions().created, false),
              StatusIs(kDataLoss, HasSubstr("files lists manifest.sig itself")));
}

// Killed at, and refused, every call of signing again: the bundle stays one that loads, by the old
// key or the new one.
TEST_F(SignatureTest, ACrashLeavesTheOldOneOrTheNewOne) {
  if (!CanTrace()) GTEST_SKIP() << "ptrace is not allowed here";
  Write("both.pem", absl::StrCat(other_.public_pem, key_.public_pem));
  for (const int error : {0, ENOSPC, EIO}) {
    for (int at = 0;; ++at) {
      ASSERT_THAT(Sign("other.pem"), IsOk());
      LB_ASSERT_OK_AND_ASSIGN(
          const TraceResult result,
          RunTraced(root_.path(), {.at = at, .error = error}, [&] { return Sign().ok() ? 0 : 1; }));
      if (!result.fault_reached) break;
      SCOPED_TRACE(absl::StrCat(result.calls.back().name, " ", result.calls.back().path));
      EXPECT_THAT(Verify("both.pem"), IsOk());
      if (result.exit_code == 0) {
        EXPECT_THAT(Verify(), IsOk());
      }
    }
  }
}

}  // namespace
}  // namespace lookbook
